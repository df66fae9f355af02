// What stands in a page's place until its data came: a skeleton, or what the document brought along.
import { memo, useState } from "react";

export const Prerendered = memo(({ skeleton }) => {
  // React never looks into markup that it was given as such, so that what the document brought stays.
  // The same object at each rendering keeps it from being written anew.
  const [content] = useState({ __html: skeleton });
  // biome-ignore lint/security/noDangerouslySetInnerHtml: The markup was built with the page.
  return <div data-prerendered="" suppressHydrationWarning dangerouslySetInnerHTML={content} />;
});

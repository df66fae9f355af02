// Prerendered content: that of the document, or a skeleton, until the page's data has loaded.
import { memo, useState } from "react";

export const Prerendered = memo(({ skeleton }) => {
  // React does not compare inner HTML when it hydrates, so the content of the document stays. A constant
  // object keeps React from writing it again.
  const [content] = useState({ __html: skeleton });
  // biome-ignore lint/security/noDangerouslySetInnerHtml: The markup was built with the page.
  return <div data-prerendered="" suppressHydrationWarning dangerouslySetInnerHTML={content} />;
});

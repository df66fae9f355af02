// A page whose content only its document has. When the router shows the page, as after Back, the built content could
// be out of date: the document is loaded instead.
import { useLayoutEffect, useState } from "react";

let hasLeft = false;

function isDocumentOfPage() {
  const [navigation] = performance.getEntriesByType("navigation");
  return !hasLeft && new URL(navigation.name).pathname === location.pathname;
}

export function DocumentOnly({ children }) {
  const [isServed] = useState(() => typeof window === "undefined" || isDocumentOfPage());
  // Not after the paint: an immediate Back would change the path before it is compared.
  useLayoutEffect(() => {
    const path = location.pathname;
    if (!isServed) location.reload();
    return () => {
      hasLeft ||= location.pathname !== path;
    };
  }, [isServed]);
  return isServed ? children : null;
}

// The audience of the page as the server knows it, and its hint for the next document.
import { useEffect } from "react";

const DAYS_30 = 2_592_000;

export function Audience({ isKnown, isMember }) {
  useEffect(() => {
    if (!isKnown) return;
    const { dataset } = document.documentElement;
    dataset.known = "";
    dataset.audience = isMember ? "member" : "visitor";
    const secure = location.protocol === "https:" ? "; Secure" : "";
    // biome-ignore lint/suspicious/noDocumentCookie: The Cookie Store API needs HTTPS and a recent browser.
    document.cookie = `member=1; Path=/; SameSite=Lax; Max-Age=${isMember ? DAYS_30 : 0}${secure}`;
    // Tickets kept for the door: their session may have been ended elsewhere.
    if (!isMember) window.caches?.delete("door-tickets");
  }, [isKnown, isMember]);
  return null;
}

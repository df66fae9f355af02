// Passes the page's address on: by what the device offers for that, else by the clipboard.
import { useState } from "react";

export function Share({ title, label, copied, byHand, className, notice }) {
  const [told, setTold] = useState("");
  const share = async () => {
    const url = location.origin + location.pathname;
    // Emptied first, so that the same words are spoken again the next time.
    setTold("");
    if (navigator.share) {
      try {
        return await navigator.share({ title, url });
      } catch (error) {
        // Closing the device's own dialog is an answer, too.
        if (error.name === "AbortError") return undefined;
      }
    }
    try {
      await navigator.clipboard.writeText(url);
      setTold(copied);
    } catch {
      // No clipboard without HTTPS or permission: then people copy it themselves.
      setTold(`${byHand} ${url}`);
    }
    return undefined;
  };
  return (
    <>
      <button type="button" className={className} onClick={share}>
        {label}
      </button>
      <p role="status" className={notice}>
        {told}
      </p>
    </>
  );
}

// Shares the address of the page by the device's share dialog, otherwise by the clipboard.
import { useState } from "react";

export function Share({ title, label, copied, byHand, className, notice }) {
  const [message, setMessage] = useState("");
  const share = async () => {
    const url = location.origin + location.pathname;
    // Screen readers announce the same text again only after it was empty.
    setMessage("");
    if (navigator.share) {
      try {
        return await navigator.share({ title, url });
      } catch (error) {
        // The visitor closed the share dialog.
        if (error.name === "AbortError") return undefined;
      }
    }
    try {
      await navigator.clipboard.writeText(url);
      setMessage(copied);
    } catch {
      // No clipboard without HTTPS or permission: show the address.
      setMessage(`${byHand} ${url}`);
    }
    return undefined;
  };
  return (
    <>
      <button type="button" className={className} onClick={share}>
        {label}
      </button>
      <p role="status" className={notice}>
        {message}
      </p>
    </>
  );
}

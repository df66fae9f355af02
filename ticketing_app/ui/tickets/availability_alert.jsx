// Notifies the visitor when the ticket that they wait for becomes available, as long as the page is open.
import { useEffect, useRef, useState } from "react";

// The title of the tab is the fallback where the system shows no notifications.
const notify = (text) => {
  try {
    const message = new Notification(text, { icon: "/favicon.svg", tag: location.pathname });
    message.onclick = () => {
      window.focus();
      message.close();
    };
  } catch {
    // Chrome on Android requires a service worker.
  }
  const before = document.title;
  document.title = text;
  const restore = () => {
    if (document.hidden) return;
    document.removeEventListener("visibilitychange", restore);
    if (document.title === text) document.title = before;
  };
  document.addEventListener("visibilitychange", restore);
  restore();
};

export function AvailabilityAlert({ canWait, isFree, label, waitingText, availableText, className, notice }) {
  const [isWaiting, setWaiting] = useState(false);
  const text = useRef(availableText);
  text.current = availableText;
  // biome-ignore lint/correctness/useExhaustiveDependencies: Only a change of the ticket matters, not the click.
  useEffect(() => {
    if (isWaiting && isFree) notify(text.current);
    // Sold or withdrawn.
    if (!canWait) setWaiting(false);
  }, [canWait, isFree]);
  if (!canWait) return null;
  const wait = () => {
    setWaiting(true);
    globalThis.Notification?.requestPermission();
  };
  return (
    <div>
      {!isWaiting && (
        <button type="button" className={className} onClick={wait}>
          {label}
        </button>
      )}
      <p role="status" className={notice}>
        {isWaiting ? waitingText : ""}
      </p>
    </div>
  );
}

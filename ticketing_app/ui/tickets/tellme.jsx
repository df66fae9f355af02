// Calls somebody back to an open page when the ticket that they wait for is free again.
import { useEffect, useRef, useState } from "react";

// Where the system shows no messages for us, the tab says it until somebody looks.
const callBack = (text) => {
  try {
    const message = new Notification(text, { icon: "/favicon.svg", tag: location.pathname });
    message.onclick = () => {
      window.focus();
      message.close();
    };
  } catch {
    // Chrome on Android shows them only for sites with a service worker.
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

export function TellMe({ canWait, isFree, label, promise, back, className, notice }) {
  const [isWaiting, setWaiting] = useState(false);
  const text = useRef(back);
  text.current = back;
  // biome-ignore lint/correctness/useExhaustiveDependencies: Starting to wait is no change of the ticket.
  useEffect(() => {
    if (isWaiting && isFree) callBack(text.current);
    // Sold or withdrawn: there is nothing to wait for any more.
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
        {isWaiting ? promise : ""}
      </p>
    </div>
  );
}

// The bell: the number of unread notices as the page loaded it, or as a live message changed it since.
import { useEffect, useRef, useState } from "react";

// A larger number does not fit.
const MOST_UNREAD = 9;
const ANNOUNCE_AFTER_MS = 1000;

const useNotices = (onFact) => {
  const latest = useRef(onFact);
  latest.current = onFact;
  useEffect(() => {
    const on = ({ detail }) => "notices" in detail && latest.current(detail);
    window.addEventListener("ticketing", on);
    return () => window.removeEventListener("ticketing", on);
  }, []);
};

export function UnreadCount({ unread, seenAt, label }) {
  const [change, setChange] = useState(null);
  useNotices((fact) => {
    if (fact.at > Math.max(seenAt, change?.at ?? 0)) setChange(fact);
  });
  const count = change?.at > seenAt ? change.notices : unread;
  if (!(count > 0)) return null;
  return (
    <>
      <span className="unread" aria-hidden="true">
        {count > MOST_UNREAD ? `${MOST_UNREAD}+` : count}
      </span>
      <span className="sr-only">{label.replace("{count}", count)}</span>
    </>
  );
}

export function NoticeAnnouncement({ unread, seenAt, one, many }) {
  const [text, setText] = useState("");
  const last = useRef({ at: 0, notices: 0 });
  const added = useRef(0);
  const timer = useRef(null);
  useEffect(() => () => clearTimeout(timer.current), []);
  const announce = () => {
    timer.current = null;
    setText(added.current === 1 ? one : many.replace("{count}", added.current));
    added.current = 0;
  };
  useNotices((fact) => {
    const before = last.current.at > seenAt ? last.current.notices : unread;
    last.current = fact;
    if (fact.notices <= before) return;
    added.current += fact.notices - before;
    // Screen readers ignore a text that stays the same.
    setText("");
    timer.current ??= setTimeout(announce, ANNOUNCE_AFTER_MS);
  });
  return (
    <p role="status" className="sr-only">
      {text}
    </p>
  );
}

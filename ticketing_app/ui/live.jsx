// Parts of pages that hear the browser event raised by live.py.
import React, { createContext, useContext, useEffect, useRef, useState } from "react";

const TICKETING = "ticketing";
const RESYNC_SPREAD_MS = 2000;

const useLive = (hear) => {
  const latest = useRef(hear);
  latest.current = hear;
  useEffect(() => {
    const on = (event) => latest.current(event.detail);
    window.addEventListener(TICKETING, on);
    return () => window.removeEventListener(TICKETING, on);
  }, []);
};

// Several changes at once are one reload; after an outage the pages do not all ask together.
const useReload = (isMeant, onChange) => {
  const timer = useRef(null);
  useEffect(() => () => clearTimeout(timer.current), []);
  useLive((fact) => {
    if (!fact.resync && !isMeant(fact)) return;
    clearTimeout(timer.current);
    timer.current = setTimeout(() => onChange(), fact.resync ? Math.random() * RESYNC_SPREAD_MS : 0);
  });
};

export function OnLive({ seenVersion, onlyResync, onChange }) {
  const isNew = (fact) => !seenVersion || !(fact.version <= seenVersion);
  useReload((fact) => !fact.session && !onlyResync && isNew(fact), onChange);
  return null;
}

export function OnSession({ onChange }) {
  useReload((fact) => fact.session, onChange);
  return null;
}

const Ticket = createContext({});

export function LiveTicket({ ticketId, version, status, children, className }) {
  const [news, setNews] = useState(null);
  useLive((fact) => {
    if (fact.ticket !== ticketId || fact.version <= Math.max(version, news?.version ?? 0)) return;
    setNews((before) => ({ ...before, ...fact }));
  });
  const current = news && news.version > version ? news : { status };
  return (
    <article className={className} data-status={current.status} data-ticket={ticketId}>
      <Ticket.Provider value={current}>{children}</Ticket.Provider>
    </article>
  );
}

export function LiveText({ field, text, labels, className }) {
  const value = useContext(Ticket)[field];
  const shown = value === undefined ? text : (labels?.[value] ?? value);
  return (
    <span className={className} data-changed={shown === text ? undefined : ""}>
      {shown}
    </span>
  );
}

export function NewListings({ one, many, onShow, className }) {
  const [ids, setIds] = useState([]);
  useLive((fact) => {
    if (fact.isNew) setIds((before) => (before.includes(fact.ticket) ? before : [...before, fact.ticket]));
  });
  const show = () => {
    setIds([]);
    onShow();
  };
  return (
    <div role="status">
      {ids.length > 0 && (
        <button type="button" className={className} onClick={show}>
          {ids.length === 1 ? one : many.replace("{count}", ids.length)}
        </button>
      )}
    </div>
  );
}

// Components that react to the browser event that broadcast.py raises.
import { Children, cloneElement, createContext, useContext, useEffect, useRef, useState } from "react";

const TICKETING = "ticketing";
const RESYNC_SPREAD_MS = 2000;
// A page reads at most once per pause, and the pages of an event not all at the same time: many pages read less often.
const REGROUP_PAUSE_MS = 1000;
const REGROUP_SPREAD_MS = 400;
const REGROUP_PER_PAGE_MS = 40;
// A row that goes away has collapsed by then (theme/offer.css).
const LEAVE_MS = 4500;
const GONE = ["sold", "paused", "withdrawn"];
// One request for all listings of this time.
const ASK_AFTER_MS = 1000;
const MOST_ASKED = 100;
const ANNOUNCE_AFTER_MS = 1000;

// The newest fact of each ticket and event: a page subscribes before the server reads what it shows, so a change may
// arrive before the content that it changes.
const MOST_KEPT = 5000;
const kept = new Map();
const keep = ({ detail: fact }) => {
  const key = fact.at ? fact.event : fact.version && fact.ticket;
  const before = kept.get(key);
  if (!key || fact.version < before?.version || fact.at < before?.at) return;
  kept.delete(key);
  kept.set(key, fact);
  if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value);
};
// Not while the pages are built.
if (typeof window !== "undefined") window.addEventListener(TICKETING, keep);

// `missed` is a fact that came before the content which it changes.
const useLive = (onFact, missed) => {
  const latest = useRef(onFact);
  latest.current = onFact;
  useEffect(() => {
    if (missed) latest.current(missed);
  }, [missed]);
  useEffect(() => {
    const on = (event) => latest.current(event.detail);
    window.addEventListener(TICKETING, on);
    return () => window.removeEventListener(TICKETING, on);
  }, []);
};

// Several changes at once cause one reload; after an outage the reloads of all pages are spread. `delayOf` returns
// the milliseconds after which a change is read, or null if it is not.
const useReload = (delayOf, onChange, missed) => {
  const timer = useRef(null);
  const due = useRef(Number.POSITIVE_INFINITY);
  useEffect(() => () => clearTimeout(timer.current), []);
  useLive((fact) => {
    const delay = fact.resync ? Math.random() * RESYNC_SPREAD_MS : delayOf(fact);
    const at = performance.now() + delay;
    if (delay === null || at >= due.current) return;
    due.current = at;
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      due.current = Number.POSITIVE_INFINITY;
      onChange();
    }, delay);
  }, missed);
};

export function OnLive({ versions, onlyResync, onlyNotices, onChange }) {
  const isOther = (fact) => fact.session || fact.event || (versions && fact.ticket && !(fact.ticket in versions));
  const isNew = (fact) => !(fact.version <= versions?.[fact.ticket]);
  const isWanted = (fact) => !onlyResync && "notices" in fact === Boolean(onlyNotices) && !isOther(fact) && isNew(fact);
  const missed = Object.keys(versions ?? {})
    .map((id) => kept.get(id))
    .find((fact) => fact && isNew(fact));
  useReload((fact) => (isWanted(fact) ? 0 : null), onChange, missed);
  return null;
}

// A row of one ticket applies its changes itself, except a new price, which its form sends. After other changes
// the server chooses the sets of tickets anew.
const isApplied = ({ ticket, cents }) =>
  cents === undefined && document.querySelector(`[data-alone="true"] > [data-ticket~="${ticket}"]`);

export function OnEvent({ eventId, onChange }) {
  const last = useRef(Number.NEGATIVE_INFINITY);
  // The place of this page among the others; another one for each change would let the earliest win.
  const place = useRef(Math.random());
  const regroup = () => {
    last.current = performance.now();
    onChange();
  };
  useReload((fact) => {
    const spread = (fact.pages ?? 1) * REGROUP_PER_PAGE_MS;
    if (fact.order) return 0;
    if (fact.event === eventId && fact.isChanged) return place.current * spread;
    if (!fact.status || fact.isNew || isApplied(fact)) return null;
    if (GONE.includes(fact.status)) return LEAVE_MS + place.current * spread;
    const pause = last.current + Math.max(REGROUP_PAUSE_MS, spread) - performance.now();
    return Math.max(0, pause) + place.current * Math.max(REGROUP_SPREAD_MS, spread);
  }, regroup);
  return null;
}

export function OnSession({ onChange }) {
  useReload((fact) => (fact.session ? 0 : null), onChange);
  return null;
}

// The facts of the ticket or event around a text.
const Facts = createContext({});

// A row is for sale while `needed` of its tickets are; otherwise it shows the change of one that is not.
const currentOf = (ids, newer, needed, first) => {
  if (newer.length === 0) return first;
  if (ids.length === 1) return newer[0];
  const gone = newer.filter(({ status }) => status !== "available");
  const known = first.status === "available" ? ids.length : newer.length;
  if (known - gone.length >= needed) return { status: "available" };
  return gone.find(({ status }) => status === "locked") ?? gone[0] ?? first;
};

export function LiveTicket({ ticketId, version, tickets, needed, status, until, now, children, className }) {
  const seen = Object.fromEntries(tickets ?? [[ticketId, version]]);
  const [changes, setChanges] = useState({});
  useLive((fact) => {
    if (!(fact.version > Math.max(seen[fact.ticket], changes[fact.ticket]?.version ?? 0))) return;
    setChanges((before) => ({ ...before, [fact.ticket]: { ...before[fact.ticket], ...fact } }));
  });
  const ids = Object.keys(seen);
  const latest = (id) => (kept.get(id)?.version > (changes[id]?.version ?? 0) ? kept.get(id) : changes[id]);
  const newer = ids.map(latest).filter((change) => change?.version > seen[change?.ticket]);
  const current = currentOf(ids, newer, needed, { status, until, now });
  const shown = Math.max(...Object.values(seen), ...newer.map((change) => change.version));
  const first = useRef(shown);
  return (
    <article className={className} data-status={current.status} data-ticket={ids.join(" ")}>
      <Facts.Provider value={current}>{children}</Facts.Provider>
      {/* A new element for each change, because its animation runs once. */}
      {shown > first.current && <span key={shown} className="wash" aria-hidden="true" />}
    </article>
  );
}

// Messages of an event have no version, but the time at which the server read it.
export function LiveEvent({ eventId, seenAt, children, className }) {
  const [change, setChange] = useState(null);
  useLive((fact) => {
    if (fact.event === eventId && fact.at > Math.max(seenAt, change?.at ?? 0)) setChange(fact);
  });
  const latest = kept.get(eventId)?.at > (change?.at ?? 0) ? kept.get(eventId) : change;
  const current = latest?.at > seenAt ? latest : {};
  return (
    <div className={className} data-left={current.left}>
      <Facts.Provider value={current}>{children}</Facts.Provider>
    </div>
  );
}

// Formats an amount like ui/formatting.py, from its `AmountFormat`.
const formatAmount = (cents, [before, after, group, decimal, higher]) => {
  const groups = new RegExp(`\\B(?=(\\d{${higher}})*\\d{3}$)`, "g");
  const units = String(Math.floor(cents / 100)).replace(groups, group);
  const rest = cents % 100 === 0 ? "" : decimal + String(cents % 100).padStart(2, "0");
  return before + units + rest + after;
};

export function LiveText({ field, text, labels, amountFormat, className }) {
  const value = useContext(Facts)[field];
  const format = (changed) => (amountFormat ? formatAmount(changed, amountFormat) : (labels?.[changed] ?? changed));
  // An event that is sold out has no lowest price.
  if (value === null) return <span className={className} />;
  return <span className={className}>{value === undefined ? text : format(value)}</span>;
}

export function LiveCount({ field, text, none, one, many, className }) {
  const count = useContext(Facts)[field];
  const format = () => (count === 0 ? none : count === 1 ? one : many.replace("{count}", count));
  return <span className={className}>{count === undefined ? text : format()}</span>;
}

export function LiveUntil({ label, children, className }) {
  const { status, until, now } = useContext(Facts);
  return (
    <span className={className}>
      {(status === "locked" || status === "yours") && until && (
        <>
          <span className="sr-only">{label}</span>
          {cloneElement(Children.only(children), { deadline: until, now })}
        </>
      )}
    </span>
  );
}

export function LiveAnnouncement({ one, many, labels }) {
  const [text, setText] = useState("");
  const changed = useRef(new Map());
  const timer = useRef(null);
  useEffect(() => () => clearTimeout(timer.current), []);
  const announce = () => {
    timer.current = null;
    const [[title, status]] = changed.current;
    const count = changed.current.size;
    setText(
      count === 1 ? one.replace("{title}", title).replace("{status}", labels[status]) : many.replace("{count}", count),
    );
    changed.current.clear();
  };
  useLive((fact) => {
    const row = fact.ticket && document.querySelector(`[data-ticket~="${fact.ticket}"]`);
    if (!row || row.dataset.status === fact.status) return;
    changed.current.set(row.querySelector("h2, h3, h4").textContent, fact.status);
    // Changes within this time are announced together.
    timer.current ??= setTimeout(announce, ANNOUNCE_AFTER_MS);
  });
  return (
    <p role="status" className="sr-only">
      {text}
    </p>
  );
}

export function NewListings({ one, many, least, asks, matching, onAsk, onShow, className }) {
  const [ids, setIds] = useState([]);
  const unasked = useRef([]);
  const timer = useRef(null);
  useEffect(() => () => clearTimeout(timer.current), []);
  const ask = () => {
    timer.current = null;
    onAsk(unasked.current.splice(0, MOST_ASKED));
  };
  useLive((fact) => {
    if (!fact.isNew) return;
    if (!asks) setIds((before) => (before.includes(fact.ticket) ? before : [...before, fact.ticket]));
    else {
      unasked.current.push(fact.ticket);
      timer.current ??= setTimeout(ask, ASK_AFTER_MS);
    }
  });
  const show = () => {
    setIds([]);
    onShow();
  };
  const count = asks ? matching.length : ids.length;
  return (
    <div role="status">
      {count > 0 && !(count < least) && (
        <button type="button" className={className} onClick={show}>
          {count === 1 ? one : many.replace("{count}", count)}
        </button>
      )}
    </div>
  );
}

// The search form. The address is the source of truth: the form writes it, and reads it after navigation
// through the history or a link.
import { Children, useEffect, useRef, useState } from "react";
import { useLocation, useNavigate, useNavigationType } from "react-router";

const TYPING_PAUSE_MS = 150;
const AHEAD = "600px";
const CHOOSE_DAYS = "days";

const queryOf = (form) => {
  const filled = [...new FormData(form)].filter(
    ([name, value]) => value.trim() && !(name === "when" && value === CHOOSE_DAYS),
  );
  return new URLSearchParams(filled).toString();
};

const fill = (controls, search) => {
  const query = new URLSearchParams(search);
  for (const control of controls) {
    const value = query.get(control.name) ?? "";
    if (control.type === "checkbox") control.checked = value === control.value;
    else if (control.name) control.value = value;
  }
  const when = controls.find((control) => control.name === "when");
  if (when && !when.value && (query.get("from") || query.get("to"))) when.value = CHOOSE_DAYS;
};

export function SearchForm({ cities, className, children }) {
  const location = useLocation();
  const how = useNavigationType();
  const navigate = useNavigate();
  const form = useRef(null);
  const timer = useRef(null);
  const isFirst = useRef(true);

  const go = (isTyping) => {
    clearTimeout(timer.current);
    const query = queryOf(form.current);
    if (query === new URLSearchParams(window.location.search).toString()) return;
    navigate(
      { pathname: location.pathname, search: query && `?${query}` },
      {
        // A typed word is one history entry, not one per letter.
        replace: isTyping && Boolean(window.history.state?.usr?.isTyping),
        state: { isOurs: true, isTyping },
        preventScrollReset: true,
      },
    );
  };
  const latest = useRef(go);
  latest.current = go;

  useEffect(() => {
    const wasTypedBefore = isFirst.current && !location.search && queryOf(form.current);
    isFirst.current = false;
    if (wasTypedBefore) latest.current(true);
    // Do not overwrite a form that was edited after its own last navigation.
    else if (how === "POP" || !location.state?.isOurs) {
      clearTimeout(timer.current);
      fill([...form.current.elements], location.search);
    }
  }, [location, how]);

  // A select shows a value only after its option has loaded.
  // biome-ignore lint/correctness/useExhaustiveDependencies: Runs for each new list of cities.
  useEffect(() => fill([...form.current.querySelectorAll("select")], window.location.search), [cities]);

  useEffect(() => {
    const element = form.current;
    const change = ({ target }) => {
      if (target.name === "when" && target.value !== CHOOSE_DAYS) {
        element.elements.from.value = element.elements.to.value = "";
      }
      latest.current(target.type === "search");
    };
    element.addEventListener("change", change);
    return () => {
      element.removeEventListener("change", change);
      clearTimeout(timer.current);
    };
  }, []);

  const type = ({ target }) => {
    if (target.type !== "search") return;
    clearTimeout(timer.current);
    timer.current = setTimeout(() => latest.current(true), TYPING_PAUSE_MS);
  };
  const submit = (event) => {
    event.preventDefault();
    go(true);
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: <search> cannot be a form, and older browsers do not know it.
    <form ref={form} role="search" action="/" className={className} onInput={type} onSubmit={submit}>
      {children}
    </form>
  );
}

// The first child beside a button; the second is the panel that the button opens on a phone.
export function FilterPanel({ label, count, className, children }) {
  const [isOpen, setIsOpen] = useState(false);
  const [beside, panel] = Children.toArray(children);
  return (
    <>
      <div className="find-bar">
        <button
          type="button"
          className={className}
          aria-expanded={isOpen}
          aria-controls="filters"
          onClick={() => setIsOpen(!isOpen)}
        >
          {label}
          {count > 0 && <span className="find-count">{count}</span>}
        </button>
        {beside}
      </div>
      <div id="filters" className="find-panel" data-open={isOpen || undefined}>
        {panel}
      </div>
    </>
  );
}

// A button that presses itself near the viewport; keyboards and screen readers use it as any other.
export function LoadMore({ text, shown, hasMore, isAutomatic, onMore, className }) {
  const button = useRef(null);
  const before = useRef(shown);
  const isAt = useRef(false);
  useEffect(() => {
    const first = before.current;
    before.current = shown;
    // Moves the focus from the button to the first new row: the new rows push the button out of sight.
    if (shown > first && isAt.current) document.querySelectorAll("[data-ticket] h2 a")[first]?.focus();
  }, [shown]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: Observes anew after each page of rows.
  useEffect(() => {
    if (!isAutomatic || !hasMore) return undefined;
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (!entry.isIntersecting) return;
        // Once per page: a failed request is not repeated automatically.
        observer.disconnect();
        button.current.click();
      },
      { rootMargin: AHEAD },
    );
    observer.observe(button.current);
    return () => observer.disconnect();
  }, [shown, isAutomatic, hasMore]);
  if (!hasMore) return null;
  return (
    <button
      ref={button}
      type="button"
      className={className}
      onFocus={() => {
        isAt.current = true;
      }}
      onBlur={() => {
        isAt.current = false;
      }}
      onClick={() => onMore()}
    >
      {text}
    </button>
  );
}

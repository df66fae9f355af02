// The search form. The address is the source of truth: the form writes it, and reads it after navigation
// through the history or a link.
import { Children, useEffect, useRef, useState } from "react";
import { useLocation, useNavigate, useNavigationType } from "react-router";

const TYPING_PAUSE_MS = 150;
const SEARCH_PAGE = "/search";
const AHEAD = "600px";
const CHOOSE_DAYS = "days";
const HOME = "/";
// The city that the visitor chose last.
const CITY_KEY = "city";

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
  const isFirst = useRef(true);
  // The form may outlive its page, until the code of the next one has loaded.
  const ownPath = useRef(location.pathname).current;

  const go = (pathname) => {
    const query = queryOf(form.current);
    if (pathname === location.pathname && query === new URLSearchParams(window.location.search).toString()) return;
    navigate({ pathname, search: query && `?${query}` }, { state: { isOurs: true }, preventScrollReset: true });
  };
  const latest = useRef(go);
  latest.current = () => go(location.pathname);

  useEffect(() => {
    if (location.pathname !== ownPath) return;
    const isNew = isFirst.current;
    isFirst.current = false;
    // Do not overwrite a form that was edited before the page's code ran, or after its own last navigation.
    if (isNew && !location.search && queryOf(form.current)) return;
    if (isNew || how === "POP" || !location.state?.isOurs) fill([...form.current.elements], location.search);
  }, [location, how, ownPath]);

  // The front page begins with the city of the last visit; its chip removes it, and another choice replaces it.
  const lastCity = useRef(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: Runs at each navigation.
  useEffect(() => {
    const city = new URLSearchParams(location.search).get("city") ?? "";
    const isNew = lastCity.current === null;
    const remembered = localStorage.getItem(CITY_KEY);
    if (isNew && remembered && location.pathname === HOME && !location.search && how === "POP") {
      navigate({ pathname: HOME, search: `?${new URLSearchParams({ city: remembered })}` }, { replace: true });
    } else if (!isNew && city) localStorage.setItem(CITY_KEY, city);
    else if (lastCity.current && location.pathname === HOME) localStorage.removeItem(CITY_KEY);
    lastCity.current = city;
  }, [location]);

  // A select shows a value only after its option has loaded.
  // biome-ignore lint/correctness/useExhaustiveDependencies: Runs for each new list of cities.
  useEffect(() => fill([...form.current.querySelectorAll("select")], window.location.search), [cities]);

  useEffect(() => {
    const element = form.current;
    const change = ({ target }) => {
      // The words of the search wait for Enter; below the field are suggestions.
      if (target.type === "search") return;
      if (target.name === "when" && target.value !== CHOOSE_DAYS) {
        element.elements.from.value = element.elements.to.value = "";
      }
      latest.current();
    };
    element.addEventListener("change", change);
    return () => element.removeEventListener("change", change);
  }, []);

  const submit = (event) => {
    event.preventDefault();
    const isFilter = document.activeElement?.closest(".find-panel");
    go(isFilter ? location.pathname : SEARCH_PAGE);
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: <search> cannot be a form, and older browsers do not know it.
    <form ref={form} role="search" action={SEARCH_PAGE} className={className} onSubmit={submit}>
      {children}
    </form>
  );
}

// A field with suggestions as links below it: its label, the input, and the suggestions as children.
export function SearchField({ asked, announcement, onAsk, className, children }) {
  const location = useLocation();
  const box = useRef(null);
  const timer = useRef(null);
  const [text, setText] = useState("");
  const [isOpen, setIsOpen] = useState(false);
  const [label, input, hints] = Children.toArray(children);

  const close = () => {
    clearTimeout(timer.current);
    setIsOpen(false);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: Closes at each navigation.
  useEffect(close, [location]);

  const type = ({ target }) => {
    if (target.type !== "search") return;
    const typed = target.value.trim();
    clearTimeout(timer.current);
    setText(typed);
    setIsOpen(Boolean(typed));
    if (typed) timer.current = setTimeout(() => onAsk(typed), TYPING_PAUSE_MS);
  };
  const press = (event) => {
    const stops = [...box.current.querySelectorAll("input, a")];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape" && isOpen) {
      event.preventDefault();
      stops[0].focus();
      close();
    } else if (step && isOpen) {
      event.preventDefault();
      stops[stops.indexOf(document.activeElement) + step]?.focus();
    }
  };
  const leave = ({ relatedTarget }) => {
    if (!box.current.contains(relatedTarget)) close();
  };
  const isShown = isOpen && Boolean(asked) && Boolean(text);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Its links and its field are the controls.
    // biome-ignore lint/a11y/noNoninteractiveElementInteractions: As above.
    <div ref={box} className={className} onInput={type} onKeyDown={press} onBlur={leave}>
      {label}
      {input}
      <div className="hints" hidden={!isShown}>
        {hints}
      </div>
      <p role="status" className="sr-only">
        {isShown && announcement}
      </p>
    </div>
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
export function LoadMore({ text, row, shown, hasMore, isAutomatic, onMore, className }) {
  const button = useRef(null);
  const before = useRef(shown);
  const isAt = useRef(false);
  useEffect(() => {
    const first = before.current;
    before.current = shown;
    // Moves the focus from the button to the first new row: the new rows push the button out of sight.
    if (shown > first && isAt.current) document.querySelectorAll(row)[first]?.focus();
  }, [shown, row]);
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

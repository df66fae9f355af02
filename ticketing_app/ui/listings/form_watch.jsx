// Watches the seller's form.
import { useEffect, useRef } from "react";

const PAUSE_MS = 400;

// Most events are in the time zone of their seller.
export function OwnTimezone({ field }) {
  const here = useRef(null);
  useEffect(() => {
    here.current.closest("form").elements[field].value ||= Intl.DateTimeFormat().resolvedOptions().timeZone;
  }, [field]);
  return <span ref={here} hidden />;
}

// Reports the values of the surrounding form and its edited fields, debounced; a form that goes away reports at
// once.
export function OnFormInput({ onFormInput }) {
  const here = useRef(null);
  const latest = useRef(onFormInput);
  latest.current = onFormInput;
  useEffect(() => {
    const form = here.current.closest("form");
    const touched = new Set();
    let timer = null;
    const report = () => {
      timer = null;
      latest.current(Object.fromEntries(new FormData(form)), [...touched]);
    };
    const hear = ({ target }) => {
      touched.add(target.name);
      clearTimeout(timer);
      timer = setTimeout(report, PAUSE_MS);
    };
    // A submit validates all fields.
    const forget = () => {
      clearTimeout(timer);
      timer = null;
      touched.clear();
    };
    form.addEventListener("input", hear);
    form.addEventListener("submit", forget);
    return () => {
      form.removeEventListener("input", hear);
      form.removeEventListener("submit", forget);
      if (timer === null) return;
      clearTimeout(timer);
      report();
    };
  }, []);
  return <span ref={here} hidden />;
}

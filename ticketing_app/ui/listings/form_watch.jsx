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

// Reports the values of the surrounding form and its edited fields, debounced.
export function OnFormInput({ onFormInput }) {
  const here = useRef(null);
  const latest = useRef(onFormInput);
  latest.current = onFormInput;
  useEffect(() => {
    const form = here.current.closest("form");
    const touched = new Set();
    let timer;
    const hear = ({ target }) => {
      touched.add(target.name);
      clearTimeout(timer);
      timer = setTimeout(() => latest.current(Object.fromEntries(new FormData(form)), [...touched]), PAUSE_MS);
    };
    // A submit validates all fields.
    const forget = () => {
      clearTimeout(timer);
      touched.clear();
    };
    form.addEventListener("input", hear);
    form.addEventListener("submit", forget);
    return () => {
      clearTimeout(timer);
      form.removeEventListener("input", hear);
      form.removeEventListener("submit", forget);
    };
  }, []);
  return <span ref={here} hidden />;
}

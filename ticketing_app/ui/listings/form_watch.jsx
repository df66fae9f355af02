// What the form that sells does while one types.
import { useEffect, useRef } from "react";

const PAUSE_MS = 400;

// Mostly the event is where its seller is.
export function OwnTimezone({ field }) {
  const here = useRef(null);
  useEffect(() => {
    here.current.closest("form").elements[field].value ||= Intl.DateTimeFormat().resolvedOptions().timeZone;
  }, [field]);
  return <span ref={here} hidden />;
}

// Tells what was typed into the form around it, once typing pauses.
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
    // What is sent is judged as a whole.
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

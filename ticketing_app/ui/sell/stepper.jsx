// A number field with buttons; the field itself works with the keyboard, and with a screen reader.
import { useEffect, useRef } from "react";

export function Stepper({ field, value, min, max, suggested, fewer, more, classes, describedBy, invalid }) {
  const input = useRef(null);
  // The server counts the seats that were named; it does not report an input of its own as one of the seller.
  useEffect(() => {
    if (suggested > 0) input.current.value = suggested;
  }, [suggested]);
  const change = (by) => {
    const now = Number.parseInt(input.current.value, 10) || min;
    input.current.value = Math.min(max, Math.max(min, now + by));
    input.current.dispatchEvent(new Event("input", { bubbles: true }));
  };
  return (
    <div className={classes.box}>
      <button type="button" className={classes.button} aria-label={fewer} onClick={() => change(-1)}>
        −
      </button>
      <input
        ref={input}
        id={field}
        name={field}
        type="number"
        inputMode="numeric"
        min={min}
        max={max}
        defaultValue={value}
        className={classes.input}
        aria-describedby={describedBy}
        aria-invalid={invalid}
      />
      <button type="button" className={classes.button} aria-label={more} onClick={() => change(1)}>
        +
      </button>
    </div>
  );
}

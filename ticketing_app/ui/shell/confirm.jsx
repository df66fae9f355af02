// A button that asks before it acts. The question is a native modal dialog: the page behind it is inert,
// Escape closes it, and the focus returns to the button.
import { useEffect, useId, useRef, useState } from "react";

function show(dialog) {
  dialog.showModal();
  // The browser would focus the first button, and a second Enter would confirm.
  dialog.focus();
}

export function ConfirmButton({
  label,
  description,
  question,
  confirmLabel,
  cancelLabel,
  onConfirm,
  className,
  classes,
}) {
  const [isOpen, setOpen] = useState(false);
  const dialog = useRef(null);
  const questionId = useId();
  useEffect(() => {
    if (isOpen) show(dialog.current);
  }, [isOpen]);
  // The browser reports a close later: until then the button may have been pressed again.
  const open = () => (isOpen ? show(dialog.current) : setOpen(true));
  const forget = () => dialog.current.open || setOpen(false);
  const close = () => dialog.current.close();
  const confirm = () => {
    close();
    onConfirm();
  };
  return (
    <>
      <button
        type="button"
        className={className}
        aria-label={description || undefined}
        aria-haspopup="dialog"
        onClick={open}
      >
        {label}
      </button>
      {isOpen && (
        <dialog ref={dialog} tabIndex={-1} aria-labelledby={questionId} className={classes.dialog} onClose={forget}>
          <p id={questionId} className={classes.question}>
            {question}
          </p>
          <div className={classes.answers}>
            <button type="button" className={classes.confirm} onClick={confirm}>
              {confirmLabel}
            </button>
            <button type="button" className={classes.cancel} onClick={close}>
              {cancelLabel}
            </button>
          </div>
        </dialog>
      )}
    </>
  );
}

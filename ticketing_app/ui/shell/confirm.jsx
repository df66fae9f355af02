// A button that asks before it acts. The question is a native modal dialog: the page behind it is inert,
// Escape closes it, and the focus returns to the button.
import { useEffect, useId, useRef, useState } from "react";

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
    if (!isOpen) return;
    dialog.current.showModal();
    // The browser would focus the first button, and a second Enter would confirm.
    dialog.current.focus();
  }, [isOpen]);
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
        onClick={() => setOpen(true)}
      >
        {label}
      </button>
      {isOpen && (
        <dialog
          ref={dialog}
          tabIndex={-1}
          aria-labelledby={questionId}
          className={classes.dialog}
          onClose={() => setOpen(false)}
        >
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

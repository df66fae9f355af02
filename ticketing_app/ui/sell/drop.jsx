// Takes ticket files: chosen, photographed, dropped or pasted. They are sent one after the other. The facts that the
// server reads from them fill in empty fields of the surrounding form; `onFiles` gets those of later forms.
import { useEffect, useReducer, useRef, useState } from "react";

const HEIC = /\.(heic|heif)$/i;
const TIMEOUT_MS = 120_000;
const FILLED = ["name", "venue", "city", "date", "time", "section", "row", "seats"];

// Resolves to the answer of the server, to null if it was cancelled, or throws the sentence of the refusal.
function send(file, { onStart, onProgress, failed }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", "/api/files");
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.timeout = TIMEOUT_MS;
    request.responseType = "json";
    request.upload.onprogress = ({ loaded, total }) => onProgress(loaded / total);
    request.onload = () => {
      if (request.status === 201) resolve(request.response);
      else reject(new Error(request.response?.errors?.[0]?.message ?? failed));
    };
    request.onerror = () => reject(new Error(failed));
    request.ontimeout = request.onerror;
    request.onabort = () => resolve(null);
    request.send(file);
    onStart(request);
  });
}

function write(input, value) {
  input.value = value;
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

// The fields of one ticket; a day that can be read in two ways is left to the seller.
function toFields({ title, days, startsLocal, ...facts }) {
  return { ...facts, name: title, date: days.length === 1 ? days[0] : "", time: startsLocal?.slice(11, 16) };
}

// What several tickets have in common, and the seat of each.
function summarize(suggestions) {
  const facts = suggestions.map(toFields);
  const shared = (name) => (new Set(facts.map((each) => each[name])).size === 1 ? facts[0][name] : "") || "";
  const seats = facts.map(({ seat }) => seat);
  const found = Object.fromEntries(FILLED.map((name) => [name, shared(name)]));
  return { ...found, seats: seats.every(Boolean) ? seats.join(", ") : "" };
}

// Writes suggestions into fields that are empty or have an earlier suggestion; returns the names of the fields.
function fillIn(form, found) {
  return FILLED.filter((name) => {
    const input = form.elements[name];
    if (!input || !found[name] || (input.value && input.value !== input.dataset.found)) return false;
    input.dataset.found = found[name];
    write(input, found[name]);
    return true;
  });
}

function clear(form) {
  for (const name of FILLED) {
    const input = form.elements[name];
    if (input?.value && input.value === input.dataset.found) write(input, "");
  }
}

function change(uploads, { added = [], gone, ...changed }) {
  const kept = uploads.filter(({ id }) => id !== gone);
  return [...kept.map((each) => (each.id === changed.id ? { ...each, ...changed } : each)), ...added];
}

function price({ priceCents, currency }, ours) {
  return priceCents && currency === ours ? (priceCents / 100).toFixed(2) : "";
}

export function Drop({
  field,
  accept,
  maxBytes,
  fileIds,
  filled,
  most,
  day,
  currency,
  text,
  classes,
  onFiles,
  onUndo,
}) {
  const box = useRef(null);
  const input = useRef(null);
  const request = useRef(null);
  const found = useRef({ ids: new Set(), facts: [] });
  const [uploads, update] = useReducer(change, []);
  const [note, setNote] = useState(null);
  const [isOver, setOver] = useState(false);

  useEffect(() => {
    found.current.ids = new Set(fileIds);
  }, [fileIds]);

  const add = (files) => {
    const added = [...files].map((file) => {
      const isHeic = HEIC.test(file.name) || file.type.startsWith("image/hei");
      const problem = isHeic ? text.heic : file.size > maxBytes ? text.tooLarge : "";
      return { id: crypto.randomUUID(), file, problem, progress: 0 };
    });
    update({ added });
  };

  const take = ({ items }) => {
    const { ids, facts } = found.current;
    facts.push(...items.map(({ suggestion }) => suggestion));
    for (const { id } of items) ids.add(id);
    const { form } = input.current;
    const fields = summarize(facts);
    const names = fillIn(form, fields);
    const later = FILLED.filter((name) => fields[name] && !form.elements[name]).map((name) => [name, fields[name]]);
    if (form.elements.quantity) write(form.elements.quantity, Math.min(ids.size, most));
    const { days } = facts.find((each) => each.days.length) ?? { days: [] };
    setNote({
      id: items[0].id,
      count: items.length,
      names,
      day: day && days.length && !days.includes(day) ? days[0] : "",
    });
    const known = price(facts.find((each) => price(each, currency)) ?? {}, currency);
    onFiles([...ids], known, Object.fromEntries(later));
  };

  const start = async ({ id, file }) => {
    try {
      const answer = await send(file, {
        failed: text.failed,
        onStart: (started) => {
          request.current = started;
        },
        onProgress: (progress) => update({ id, progress }),
      });
      if (answer) take(answer);
      update({ gone: id });
    } catch ({ message }) {
      update({ id, problem: message });
    }
    request.current = null;
  };

  // One after the other: the server looks at few files at once.
  const next = uploads.find(({ problem }) => !problem);
  const nextId = next?.id;
  // biome-ignore lint/correctness/useExhaustiveDependencies: Runs once for each upload.
  useEffect(() => {
    if (next) start(next);
  }, [nextId]);
  useEffect(() => () => request.current?.abort(), []);

  useEffect(() => {
    const paste = ({ clipboardData }) => {
      // Hidden while another way of delivery is chosen.
      if (box.current.checkVisibility() && clipboardData.files.length) add(clipboardData.files);
    };
    window.addEventListener("paste", paste);
    return () => window.removeEventListener("paste", paste);
  });

  const cancel = (upload) => {
    if (upload.id === nextId && request.current) request.current.abort();
    else update({ gone: upload.id });
    input.current.focus();
  };
  const undo = () => {
    clear(input.current.form);
    onUndo?.();
  };
  const hold = (isHere) => (event) => {
    event.preventDefault();
    setOver(isHere);
  };
  const drop = (event) => {
    hold(false)(event);
    add(event.dataTransfer.files);
  };

  return (
    <div ref={box} className={classes.box}>
      {/* biome-ignore lint/a11y/noNoninteractiveElementInteractions: Dropping is a second way; the input has the first. */}
      <label
        className={classes.zone}
        data-over={isOver}
        onDragOver={hold(true)}
        onDragLeave={hold(false)}
        onDrop={drop}
      >
        <input
          ref={input}
          id={field}
          type="file"
          multiple
          accept={accept}
          className="sr-only"
          aria-describedby={`${field}-hint`}
          onChange={({ target }) => {
            add(target.files);
            target.value = "";
          }}
        />
        <span className={classes.action}>{text.choose}</span>
        <span id={`${field}-hint`} className={classes.hint}>
          {text.hint}
        </span>
      </label>
      <ul className={classes.list}>
        {uploads.map((upload) => (
          <li key={upload.id} className={classes.item}>
            <Upload {...upload} text={text} classes={classes} onCancel={() => cancel(upload)} />
          </li>
        ))}
      </ul>
      <div role="status" className={classes.note}>
        {note && (
          <Note
            key={note.id}
            {...note}
            names={[...note.names, ...filled]}
            text={text}
            classes={classes}
            onUndo={undo}
          />
        )}
      </div>
    </div>
  );
}

function Upload({ file, problem, progress, text, classes, onCancel }) {
  const sentence = progress < 1 ? text.sending : text.checking;
  return (
    <>
      <div className={classes.line}>
        <p className="min-w-0 [overflow-wrap:anywhere]">
          {problem ? file.name : sentence.replace("{name}", file.name)}
        </p>
        <button type="button" className={classes.button} onClick={onCancel}>
          {problem ? text.dismiss : text.cancel}
        </button>
      </div>
      {problem ? (
        <p role="alert" className="text-bad font-medium">
          {problem}
        </p>
      ) : (
        // Without a value once it was sent: the check takes as long as it takes.
        <progress className="w-full accent-accent" value={progress < 1 ? progress : undefined} aria-label={file.name} />
      )}
    </>
  );
}

function Note({ count, names, day, text, classes, onUndo }) {
  const [isUndone, setUndone] = useState(false);
  const undo = () => {
    onUndo();
    setUndone(true);
  };
  const listed = new Intl.ListFormat("en").format(names.map((name) => text[name]));
  const shownDay = day && new Date(`${day}T12:00`).toLocaleDateString("en", { dateStyle: "long" });
  return (
    <>
      {count > 1 && <p className="font-medium">{text.several.replace("{count}", count)}</p>}
      {names.length > 0 && !isUndone && (
        <p className={classes.line}>
          {text.filled.replace("{fields}", listed)}
          <button type="button" className={classes.button} onClick={undo}>
            {text.undo}
          </button>
        </p>
      )}
      {day && <p className="text-wait font-medium">{text.otherDay.replace("{day}", shownDay)}</p>}
    </>
  );
}

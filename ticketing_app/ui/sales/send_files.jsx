// Sends chosen files to the server, one after the other; only their ids go to the state of the page.
import { useEffect, useRef, useState } from "react";

const TIMEOUT_MS = 120_000;
const HEIC = /\.(heic|heif)$/i;

// Resolves to the ids of the tickets in the file, or throws the sentence of the refusal.
function send(file, failed, request, onProgress) {
  return new Promise((resolve, reject) => {
    request.open("POST", "/api/files");
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.timeout = TIMEOUT_MS;
    request.responseType = "json";
    request.upload.onprogress = ({ loaded, total }) => onProgress(loaded / total);
    request.onload = () => {
      if (request.status === 201) resolve(request.response.items.map(({ id }) => id));
      else reject(new Error(request.response?.errors?.[0]?.message ?? failed));
    };
    request.onerror = () => reject(new Error(failed));
    request.ontimeout = request.onerror;
    request.send(file);
  });
}

export function SendFiles({ field, accept, maxBytes, most, text, classes, onFiles }) {
  const [ids, setIds] = useState([]);
  const [sending, setSending] = useState(null);
  const [problem, setProblem] = useState("");
  const request = useRef(null);
  useEffect(() => () => request.current?.abort(), []);

  const take = async (files) => {
    setProblem("");
    let all = most > 1 ? ids : [];
    for (const file of files) {
      request.current = new XMLHttpRequest();
      setSending({ name: file.name, progress: 0 });
      try {
        if (HEIC.test(file.name) || file.type.startsWith("image/hei")) throw new Error(text.heic);
        if (file.size > maxBytes) throw new Error(text.tooLarge);
        const found = await send(file, text.failed, request.current, (progress) =>
          setSending({ name: file.name, progress }),
        );
        all = [...all, ...found].slice(-most);
        setIds(all);
        onFiles(all);
      } catch ({ message }) {
        setProblem(`${file.name}: ${message}`);
        break;
      }
    }
    setSending(null);
  };

  return (
    <div className={classes.box}>
      <label className={classes.action}>
        <input
          id={field}
          type="file"
          accept={accept}
          multiple={most > 1}
          className="sr-only"
          disabled={sending !== null}
          onChange={({ target }) => {
            take([...target.files]);
            target.value = "";
          }}
        />
        {text.choose}
      </label>
      {sending && <progress className={classes.progress} value={sending.progress} aria-label={sending.name} />}
      <p role="status" className={classes.status}>
        {ids.length > 0 ? text.done.replace("{count}", ids.length) : ""}
      </p>
      <p role="alert" className={classes.problem}>
        {problem}
      </p>
    </div>
  );
}

// Time on the page: a countdown that trusts the server's clock, and a patient retry.
import { useEffect, useRef, useState } from "react";

const URGENT_SECONDS = 120;
const SPOKEN_FOR_SECONDS = 5;
const AGAIN_MS = 2000;
const RETRY_MS = 3000;

// How far this device's clock is behind the server's. What was told late, as after a slow answer or a
// reload, only makes it look smaller: the largest seen is the best.
const OFFSET = "clock-offset";
const offsetOf = (told) => {
  const seen = sessionStorage.getItem(OFFSET);
  const offset = Math.max(seen === null ? -Infinity : Number(seen), Date.parse(told) - Date.now());
  sessionStorage.setItem(OFFSET, offset);
  return offset;
};

const twoDigits = (number) => String(number).padStart(2, "0");
const clockText = (seconds) => {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  return hours ? `${hours}:${twoDigits(minutes)}:${twoDigits(seconds % 60)}` : `${minutes}:${twoDigits(seconds % 60)}`;
};

// Seconds to `deadline`, or null while nothing is known: on the server, so that the first render is
// the same on both sides.
function useSecondsLeft(deadline, now, onOver) {
  const [left, setLeft] = useState(null);
  const over = useRef(onOver);
  over.current = onOver;
  useEffect(() => {
    if (!deadline) return undefined;
    const end = Date.parse(deadline) - offsetOf(now);
    let told = 0;
    const tick = () => {
      setLeft(Math.max(0, Math.ceil((end - Date.now()) / 1000)));
      // The server may still have to notice; ask again until it says that the time is over.
      if (Date.now() >= end + 200 && Date.now() - told >= AGAIN_MS) {
        told = Date.now();
        over.current?.();
      }
    };
    tick();
    const timer = setInterval(tick, 250);
    return () => clearInterval(timer);
  }, [deadline, now]);
  return left;
}

// Only one countdown speaks, the one that came last: in an open dialog, else on the page.
const speakers = [];
function useIsSpeaker(canSpeak) {
  const [isSpeaker, setSpeaker] = useState(false);
  useEffect(() => {
    if (!canSpeak) return undefined;
    speakers.at(-1)?.(false);
    speakers.push(setSpeaker);
    setSpeaker(true);
    return () => {
      speakers.splice(speakers.indexOf(setSpeaker), 1);
      speakers.at(-1)?.(true);
    };
  }, [canSpeak]);
  return isSpeaker;
}

export function Countdown({ deadline, now, spoken, onOver, className }) {
  const left = useSecondsLeft(deadline, now, onOver);
  const isSpeaker = useIsSpeaker(Boolean(spoken));
  const urgent = left !== null && left <= URGENT_SECONDS;
  // For a few seconds, so that no late tick skips it; the words stay the same meanwhile.
  const mark = isSpeaker && Object.keys(spoken).find((at) => left <= at && left > at - SPOKEN_FOR_SECONDS);
  return (
    <>
      <time role="timer" dateTime={deadline} className={className} data-urgent={urgent ? "" : undefined}>
        {left === null ? "-:--" : clockText(left)}
      </time>
      {spoken && (
        <span role="status" className="sr-only">
          {mark ? spoken[mark] : ""}
        </span>
      )}
    </>
  );
}

export function TimeRing({ start, deadline, now }) {
  const left = useSecondsLeft(deadline, now);
  const all = (Date.parse(deadline) - Date.parse(start)) / 1000;
  return <span aria-hidden="true" className="ring" style={{ "--left": left === null ? 1 : Math.min(1, left / all) }} />;
}

export function Retry({ onRetry }) {
  const again = useRef(onRetry);
  again.current = onRetry;
  useEffect(() => {
    const timer = setInterval(() => again.current(), RETRY_MS + Math.random() * RETRY_MS);
    return () => clearInterval(timer);
  }, []);
  return null;
}

// Countdowns by the server's clock, and a retry with jitter.
import { useEffect, useRef, useState } from "react";

const URGENT_SECONDS = 120;
const SPOKEN_FOR_SECONDS = 5;
const AGAIN_MS = 2000;
const RETRY_MS = 3000;

// How far this device's clock is behind the server's. A delay, as of a slow response, only makes the offset
// look smaller: the largest value is the best.
const OFFSET = "clock-offset";
const updateOffset = (serverTime) => {
  const seen = sessionStorage.getItem(OFFSET);
  const offset = Math.max(seen === null ? -Infinity : Number(seen), Date.parse(serverTime) - Date.now());
  sessionStorage.setItem(OFFSET, offset);
  return offset;
};

const twoDigits = (number) => String(number).padStart(2, "0");
const clockText = (seconds) => {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  return hours ? `${hours}:${twoDigits(minutes)}:${twoDigits(seconds % 60)}` : `${minutes}:${twoDigits(seconds % 60)}`;
};

// Seconds to `deadline`; null in the first render, which must equal the prerendered HTML.
function useSecondsLeft(deadline, now, onOver) {
  const [left, setLeft] = useState(null);
  const over = useRef(onOver);
  over.current = onOver;
  useEffect(() => {
    if (!deadline) return undefined;
    const end = Date.parse(deadline) - updateOffset(now);
    let reportedAt = 0;
    const tick = () => {
      setLeft(Math.max(0, Math.ceil((end - Date.now()) / 1000)));
      // The server may expire the order a little later; ask again until it has.
      if (Date.now() >= end + 200 && Date.now() - reportedAt >= AGAIN_MS) {
        reportedAt = Date.now();
        over.current?.();
      }
    };
    tick();
    const timer = setInterval(tick, 250);
    return () => clearInterval(timer);
  }, [deadline, now]);
  return left;
}

// Only the newest countdown is announced: that of an open dialog, else that of the page.
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
  // Matches for a few seconds, so that a late tick does not skip it; the text does not change meanwhile.
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

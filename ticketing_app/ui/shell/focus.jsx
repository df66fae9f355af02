// Where the keyboard is. The browser looks after that when it loads a document; here pages come and
// parts of them go without one, and whoever cannot see the page would be nowhere.
import { useEffect } from "react";
import { useLocation } from "react-router";

const focusOn = (place) => {
  if (!place.hasAttribute("tabindex")) place.tabIndex = -1;
  place.focus({ preventScroll: true });
};

// Another page begins with its heading, which is read out.
let shownPath = null;
function useArrival() {
  const { pathname } = useLocation();
  useEffect(() => {
    const isNew = shownPath !== null && shownPath !== pathname;
    shownPath = pathname;
    if (!isNew) return undefined;
    const arrive = () => {
      const heading = document.querySelector("main h1");
      if (!heading || heading.closest("[aria-busy=true]")) return false;
      focusOn(heading);
      return true;
    };
    if (arrive()) return undefined;
    const observer = new MutationObserver(() => arrive() && observer.disconnect());
    observer.observe(document.body, { childList: true, subtree: true });
    return () => observer.disconnect();
  }, [pathname]);
}

// Where what had the focus went away, what it stood in gets it: the next stop is what came instead.
function useRescue() {
  useEffect(() => {
    let places = [];
    const remember = ({ target }) => {
      places = [];
      for (let place = target; place.closest("main"); place = place.parentElement) places.push(place);
    };
    const rescue = () => {
      if (document.activeElement !== document.body || !places.length || places[0].isConnected) return;
      const left = places.find((place) => place.isConnected && place.id !== "main");
      if (left) focusOn(left);
    };
    const observer = new MutationObserver(rescue);
    document.addEventListener("focusin", remember);
    observer.observe(document.body, { childList: true, subtree: true });
    return () => {
      document.removeEventListener("focusin", remember);
      observer.disconnect();
    };
  }, []);
}

// The router would follow such a link without moving the focus.
export function SkipLink({ children, className }) {
  const skip = (event) => {
    event.preventDefault();
    document.getElementById("main").focus();
  };
  return (
    // biome-ignore lint/a11y/useValidAnchor: It is a link until the page's code runs.
    <a href="#main" className={className} onClick={skip}>
      {children}
    </a>
  );
}

export function Focus() {
  useArrival();
  useRescue();
  return null;
}

// Every page: takes what came in the address out of the address bar and the history, first of all.
// The page of a renewal link: presses its button, once, as soon as somebody sees it.
// The page that takes over a fragment: sends it to its own address on this server, and to nobody else.
"use strict";
(() => {
  const fragment = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);

  const entitle = (title) => {
    document.title = `${title} – Grantkeep`;
  };

  // To decline is no fault: what to say then lies ready on the page.
  const declined = (main) => {
    main.classList.remove("waits");
    main.replaceChildren(document.getElementById("declined").content);
    entitle(main.querySelector("h1").textContent);
  };

  const tell = (main, words) => {
    main.dataset.errorType = words.error_type;
    if (words.error_type === "access_denied") return declined(main);
    entitle(words.error);
    main.classList.replace("waits", "wrong");
    const texts = { ...words, message: `${words.message}.`, solution: `${words.solution}.` };
    for (const [name, text] of Object.entries(texts)) document.getElementById(name).textContent = text;
  };

  const relay = async (main) => {
    const request = {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ fragment }),
      cache: "no-store",
      redirect: "error",
    };
    try {
      const answer = await fetch(location.pathname, request);
      const told = await answer.json();
      if (!answer.ok) return tell(main, told.detail);
      if (/^(\/[^/\\?#]+)*\/done\/a_[0-9a-f]{32}$/.test(told.location)) location.replace(told.location);
    } catch {
      tell(main, {
        error: "Nobody answers",
        message: "Grantkeep could not be reached, so the answer was not handed over",
        solution: "See whether it still runs, and begin the login again",
        error_type: "unreachable",
      });
    }
  };

  // What opens a page ahead of a person, or in a tab behind, does not make it visible.
  const goOn = (form) => {
    const whenSeen = () => {
      if (document.visibilityState === "visible") form.requestSubmit();
    };
    const sent = () => {
      document.removeEventListener("visibilitychange", whenSeen);
      form.querySelector("button").disabled = true; // a second press would find the link spent
    };
    form.addEventListener("submit", sent, { once: true });
    document.addEventListener("visibilitychange", whenSeen);
    whenSeen();
  };

  document.addEventListener("DOMContentLoaded", () => {
    const form = document.querySelector("form[data-goes-on]");
    if (form) goOn(form);
    const main = document.querySelector("main");
    const when = main.dataset.relay;
    if (when === "always" || (when === "fragment" && fragment)) relay(main);
  });
})();

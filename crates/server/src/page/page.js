// Every page: takes what came in the address out of the address bar and the history, first of all.
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

  document.addEventListener("DOMContentLoaded", () => {
    const main = document.querySelector("main");
    const when = main.dataset.relay;
    if (when === "always" || (when === "fragment" && fragment)) relay(main);
  });
})();

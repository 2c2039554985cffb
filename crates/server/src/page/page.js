// Every page: takes what came in the address out of the address bar and the history, first of all.
// The page of a renewal link: presses its button, once, as soon as somebody sees it.
// A box to paste into: sends what was pasted, once, if it looks like the answer; what does not can be sent by the button.
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

  // A second press would find the link spent.
  const onlyOnce = (form) => {
    form.addEventListener("submit", () => (form.querySelector("button").disabled = true), { once: true });
  };

  // What opens a page ahead of a person, or in a tab behind, does not make it visible.
  const goOn = (form) => {
    const whenSeen = () => {
      if (document.visibilityState === "visible") form.requestSubmit();
    };
    form.addEventListener("submit", () => document.removeEventListener("visibilitychange", whenSeen), { once: true });
    document.addEventListener("visibilitychange", whenSeen);
    whenSeen();
  };

  // An address, or a part of one, with a token or a code, alone in the box; or a token by VK's looks. The server judges.
  const isAnswer = (text) =>
    /^\S*(^|[#?&])(access_token(_\d+)?|code)=[^\s&]\S*$/.test(text) || /^vk\d\.[\w.-]{20,}$/.test(text);

  // What a keyboard puts in from its clipboard, it tells as typed.
  const takePaste = (form) => {
    let before = "";
    form.querySelector("textarea").addEventListener("input", ({ inputType, target }) => {
      const isPasted = inputType === "insertFromPaste" || before === "";
      before = target.value.trim();
      if (isPasted && isAnswer(before)) form.requestSubmit();
    });
  };

  document.addEventListener("DOMContentLoaded", () => {
    for (const form of document.querySelectorAll("form[data-goes-on], form[data-takes-paste]")) onlyOnce(form);
    for (const form of document.querySelectorAll("form[data-takes-paste]")) takePaste(form);
    const form = document.querySelector("form[data-goes-on]");
    if (form) goOn(form);
    const main = document.querySelector("main");
    const when = main.dataset.relay;
    if (when === "always" || (when === "fragment" && fragment)) relay(main);
  });
})();

// Keeps the address in step with what is shown, opens a link's state, and says so when the session has ended.
(function () {
  "use strict";
  var asked = new URLSearchParams(location.search).get("state") || "";
  var kernel = JSON.parse(document.getElementById("jupyter-config-data").textContent).kernelId;
  var opened = !asked, misses = 0;

  function say(text) {
    var box = document.getElementById("stopped");
    if (box.textContent) { return; }
    var link = document.createElement("a");
    link.href = location.pathname + location.search;
    link.textContent = "Load it again";
    box.append(text + " ", link, ". What you chose is kept in the address.");
    box.style.display = "block";
    document.documentElement.setAttribute("data-chipflows", "stopped");
  }

  // The state asked for goes through a text field, where the panel reads it as strictly as any link.
  function open() {
    var field = document.querySelector(".cf-link-in input");
    if (!field || opened) { return; }
    opened = true;
    if (field.value === asked) { return; }
    field.value = asked;
    ["input", "change"].forEach(function (kind) { field.dispatchEvent(new Event(kind, { bubbles: true })); });
  }

  function follow() {
    open();
    label();
    var link = document.querySelector("a.cf-permalink");
    if (!link || !opened) { return; }
    var search = link.getAttribute("href");
    if (asked && !link.closest(".cf-panel").dataset.opened) {
      // Until the first answer to the link is there, the address stays as it was asked for.
      if (search === "?state=" + asked) { link.closest(".cf-panel").dataset.opened = "yes"; }
      else if (!document.querySelector(".cf-error")) { return; }
      link.closest(".cf-panel").dataset.opened = "yes";
    }
    if (location.search !== search) { history.replaceState(null, "", location.pathname + search); }
    document.documentElement.setAttribute("data-chipflows", "ready");
  }

  // What opens and shuts says so to a screen reader; the status is read out when it changes.
  function label() {
    document.querySelectorAll(".cf-panel .jupyter-toggle-button").forEach(function (button) {
      var pressed = String(button.classList.contains("mod-active"));
      if (button.getAttribute("aria-expanded") !== pressed && !button.closest(".widget-toggle-buttons")) {
        button.setAttribute("aria-expanded", pressed);
      }
    });
    document.querySelectorAll(".cf-status:not([role])").forEach(function (status) {
      status.setAttribute("role", "status");
    });
    var content = document.getElementById("rendered_cells");
    if (content && !content.hasAttribute("role")) { content.setAttribute("role", "main"); }
    document.querySelectorAll(".cf-hidden input").forEach(function (field) { field.tabIndex = -1; });
  }

  function beat() {
    fetch(document.body.dataset.baseUrl.replace(/voila\/$/, "") + "chipflows/alive/" + kernel, { cache: "no-store" })
      .then(function (reply) {
        if (reply.status === 404) { say("This session has ended: it was idle for long, or its process was stopped."); }
        if (reply.status === 403) { say("The server was started anew and asks for the token in the link it printed."); }
        misses = 0;
      })
      .catch(function () {
        misses += 1;
        if (misses > 1) { say("The server has stopped. Start it with: make explore."); }
      });
  }

  new MutationObserver(follow).observe(document.body, { childList: true, subtree: true, attributes: true,
    attributeFilter: ["class", "href"] });
  follow();
  setInterval(beat, 3000);
})();

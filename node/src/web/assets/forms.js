// Forms: what is typed is saved at the office while one types, and kept in the browser until the office has it. A
// session that ends asks for the password on the page. Everything here listens at the document, so that parts of a page
// that were renewed are served as well.
"use strict";

// What the browser keeps of drafts of this account, until the office has it.
const KEPT = `truc-draft-${document.body.dataset.account}-`;
// Longest time for which somebody types and nothing is saved; shortest between two signs of life; first and longest wait
// before a failed save is tried again. Milliseconds.
const PAUSE = 1_200, UNSAVED = 8_000, ALIVE = 60_000, AGAIN = 3_000, AGAIN_LONGEST = 30_000;
const local = (key) => {
  try {
    return localStorage.getItem(key) ?? "";
  } catch {
    return "";
  }
};
const keep = (key, text) => {
  try {
    if (text === undefined) localStorage.removeItem(key);
    else localStorage.setItem(key, text);
  } catch {}
};

// When the office last heard that somebody is here.
let heard = Date.now();
function signed(csrf) {
  heard = Date.now();
  document.body.dataset.csrf = csrf;
  for (const field of all("input[name=csrf]")) field.value = csrf;
}
// Whether this page's account is still signed in; that is a sign of life.
async function here() {
  const answer = await fetch("/here", { redirect: "manual", cache: "no-store" });
  if (!answer.ok) return false;
  const { account, csrf } = await answer.json();
  if (account !== document.body.dataset.account) return false;
  signed(csrf);
  return true;
}

// The password is asked for on the page, over everything that is on it. Fulfilled when the account is signed in again.
let asking;
function password() {
  asking ??= new Promise((done) => {
    const dialog = document.getElementById("again").content.firstElementChild.cloneNode(true);
    document.body.append(dialog);
    const form = one("form", dialog);
    const parts = ["[data-told]", "[data-hint]", "[data-password]", "[data-code]", "[data-enter]", "[data-passkey-use]"];
    const [said, hint, typed, code, enter, passkey] = parts.map((what) => one(what, dialog));
    const end = () => {
      removeEventListener("focus", look);
      dialog.remove();
      asking = undefined;
      done();
    };
    // Somebody may have signed in in another tab.
    const look = () => here().then((yes) => yes && end(), () => {});
    addEventListener("focus", look);
    dialog.addEventListener("cancel", (event) => event.preventDefault());
    const send = async (address, body) => {
      try {
        const answer = await fetch(address, { method: "POST", body: new URLSearchParams(body) });
        const told = await answer.json();
        if (told.csrf) {
          signed(told.csrf);
          end();
        } else if (told.pending) {
          // What the account has is asked for, and nothing else.
          form.elements.pending.value = told.pending;
          [said.textContent, hint.textContent] = ["", told.hint];
          [typed.hidden, code.hidden, enter.hidden, passkey.hidden] = [true, !told.code, !told.code, !told.passkey];
          (told.code ? one("input", code) : passkey).focus();
        } else said.textContent = told.told;
      } catch {
        said.textContent = said.dataset.told;
      }
    };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      event.stopPropagation();
      if (enter.hidden) return;
      send(form.elements.pending.value ? "/login/code?as=json" : "/login?as=json", new FormData(form));
    });
    passkey.addEventListener("click", async () => {
      let shown;
      try {
        shown = await showPasskey("/login/passkey", form);
      } catch {
        said.textContent = said.dataset.failed;
        return;
      }
      await send("/login/passkey?as=json", { pending: form.elements.pending.value, ...shown });
    });
    dialog.showModal();
  });
  return asking;
}

// What is known of a form beside its fields.
const states = new WeakMap();
function stateOf(form) {
  if (!states.has(form)) states.set(form, { dirty: false, typed: 0, wait: AGAIN });
  return states.get(form);
}
const draftKey = (form) => KEPT + form.elements["draft"].value;
const told = (form, text) => {
  const said = one("[data-saved]", form);
  if (said) said.textContent = text;
};
function fieldsOf(form, submitter) {
  const data = new URLSearchParams();
  for (const [name, value] of new FormData(form, submitter)) if (typeof value === "string") data.append(name, value);
  return data;
}
// Whether something on the page would be lost with it.
const anyTyped = () => Boolean(one("form[data-dirty]"));

function soon(form) {
  const state = stateOf(form), now = Date.now();
  state.first ??= now;
  clearTimeout(state.timer);
  state.timer = setTimeout(() => save(form), Math.max(0, Math.min(PAUSE, state.first + UNSAVED - now)));
}

// Saves a form as a draft at the office. Resolves to whether the office has everything that was typed.
async function save(form) {
  const state = stateOf(form);
  clearTimeout(state.timer);
  if (state.saving) {
    await state.saving;
    if (!state.dirty) return true;
  }
  state.saving = post(form, state).finally(() => (state.saving = undefined));
  return state.saving;
}

async function post(form, state) {
  state.first = undefined;
  const key = draftKey(form), upto = state.typed, since = state.since ?? new Date();
  const body = fieldsOf(form);
  body.delete("csrf");
  keep(key, body.toString());
  const failed = () => {
    state.since = since;
    const time = since.toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
    told(form, one("[data-saved]", form)?.dataset.failed.replace("#", time) ?? "");
    clearTimeout(state.timer);
    state.timer = setTimeout(() => save(form), state.wait);
    state.wait = Math.min(state.wait * 2, AGAIN_LONGEST);
    return false;
  };
  try {
    if (!state.since) told(form, one("[data-saved]", form)?.dataset.word ?? "");
    const send = () => {
      body.set("csrf", document.body.dataset.csrf);
      return fetch(`/drafts/${form.elements["draft"].value}?as=json`, { method: "POST", body, redirect: "manual" });
    };
    let answer = await send();
    if (answer.status === 403 && (await here())) answer = await send();
    if (answer.status === 401 || answer.status === 403) {
      failed();
      clearTimeout(state.timer);
      await password();
      answer = await send();
    }
    const said = await answer.json();
    if (!answer.ok && !said.kept) return failed();
    heard = Date.now();
    [state.since, state.wait] = [undefined, AGAIN];
    keep(key);
    if (said.kept) {
      // From here on this page writes in a draft of its own.
      form.elements["draft"].value = said.kept.split("/").pop();
      form.elements["draft-version"].value = 1;
      for (const button of all("[formaction^='/drafts/']", form)) {
        button.setAttribute("formaction", button.getAttribute("formaction").replace(/^\/drafts\/[^?]+/, said.kept));
      }
      const link = Object.assign(document.createElement("a"), { href: said.kept, textContent: "→" });
      one("[data-saved]", form)?.replaceChildren(`${said.edited} `, link);
    } else {
      form.elements["draft-version"].value = said.version;
      told(form, said.told);
    }
    if (state.typed === upto) {
      state.dirty = false;
      form.removeAttribute("data-dirty");
    } else soon(form);
    return state.typed === upto;
  } catch {
    return failed();
  }
}

// What the browser kept because the office could not be reached: brought there first; then a form that is open here is
// loaded with it.
async function bring() {
  const { csrf } = document.body.dataset;
  let keys = [];
  try {
    keys = Object.keys(localStorage).filter((key) => csrf && key.startsWith(KEPT));
  } catch {}
  const open = all("form[data-draft]");
  for (const key of keys) {
    const body = new URLSearchParams(local(key));
    body.set("csrf", csrf);
    try {
      const answer = await fetch(`/drafts/${key.slice(KEPT.length)}?as=json`, { method: "POST", body, redirect: "manual" });
      const said = await answer.json();
      if (!said.version && !said.kept) continue;
      keep(key);
      const form = open.find((form) => draftKey(form) === key);
      if (form && !stateOf(form).dirty) location.replace(said.kept ?? key.replace(KEPT, "/drafts/"));
    } catch {
      // The next page tries again.
    }
  }
}

// A form that was sent is not sent again by a second press; one that needs an answer or a session gets it first.
async function prepare(form, button) {
  const state = stateOf(form);
  const again = (wait) => wait.then(() => prepare(form, button));
  const on = () => {
    Object.assign(state, { ready: true, preparing: false });
    form.requestSubmit(button);
  };
  try {
    if (!(button && "ask" in button.dataset) || form.elements["sure"]) {
      if (await here()) on();
      else await again(password());
      return;
    }
    const address = new URL(form.action);
    address.searchParams.set("ask", "1");
    const body = fieldsOf(form, button);
    body.set("csrf", document.body.dataset.csrf);
    const answer = await fetch(address, { method: "POST", body, redirect: "manual" });
    if (answer.status === 401) return void (await again(password()));
    if (answer.status === 403) return void (await again((await here()) ? Promise.resolve() : password()));
    heard = Date.now();
    const asked = answer.headers.get("content-type")?.startsWith("application/json");
    // What is wrong with the form is said by its page.
    if (!answer.ok || !asked) return on();
    if (!confirm((await answer.json()).ask)) return;
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "sure", value: "1" }));
    on();
  } catch {
    if (form.matches("[data-draft]")) await save(form);
  } finally {
    state.preparing = false;
  }
}

function submits() {
  document.addEventListener("submit", (event) => {
    const form = event.target, button = event.submitter;
    if (event.defaultPrevented || form.method !== "post" || !document.body.dataset.account) return;
    const state = stateOf(form);
    if (state.sent || state.preparing) return event.preventDefault();
    if (form.matches("[data-draft]")) {
      // The Enter key presses a button that only saves.
      if (button && (button.name === "keep" || "keep" in button.dataset)) {
        event.preventDefault();
        save(form);
        return;
      }
      if (state.coming) {
        event.preventDefault();
        told(form, one("[data-saved]", form)?.dataset.files ?? "");
        return;
      }
    }
    const asks = button && "ask" in button.dataset && !form.elements["sure"];
    if (!state.ready && (asks || form.matches("[data-draft]") || Date.now() - heard > ALIVE)) {
      event.preventDefault();
      state.preparing = true;
      prepare(form, button);
      return;
    }
    Object.assign(state, { ready: false, sent: true, dirty: false });
    clearTimeout(state.timer);
    form.removeAttribute("data-dirty");
    // What comes may be a file, and the page stays.
    setTimeout(() => (state.sent = false), 5_000);
  });
  addEventListener("pageshow", () => all("form").forEach((form) => (stateOf(form).sent = false)));
  addEventListener("beforeunload", (event) => {
    if (all("form[data-draft]").some((form) => stateOf(form).dirty)) event.preventDefault();
  });
}

function typing() {
  document.addEventListener("input", (event) => {
    const form = event.target.form ?? event.target.closest?.("form");
    if (!form || form.method !== "post" || event.target.type === "search" || event.target.type === "file") return;
    form.dataset.dirty = "";
    if (form.matches("[data-draft]")) {
      const state = stateOf(form);
      state.dirty = true;
      state.typed += 1;
      if (event.target.name === "confidentiality") secret(form, event.target);
      soon(form);
    } else if (Date.now() - heard > ALIVE) {
      heard = Date.now();
      here().catch(() => {});
    }
  });
  document.addEventListener("truc-save", (event) => save(event.target));
  // Browsers write dates in the order of their own language: beside each stands the day in words.
  const words = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "full", timeZone: "UTC" });
  document.addEventListener("input", (event) => {
    if (!event.target.matches?.("input[type=date], input[type=datetime-local]")) return;
    const told = one(`output[for="${CSS.escape(event.target.id)}"]`);
    const day = event.target.value.slice(0, 10);
    if (told) told.textContent = day ? words.format(new Date(`${day}T00:00Z`)) : "";
  });
  // In a table of figures, Enter and the arrows go along the column, and a column that is pasted fills the cells below.
  const column = (cell) => all(`[name$=".${cell.name.split(".").pop()}"]`, cell.closest("tbody"));
  const inTable = (event) => event.target.closest?.("tr[data-row]") && event.target.matches("input:not([type=hidden])");
  document.addEventListener("keydown", (event) => {
    const step = { Enter: 1, ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || event.isComposing || !inTable(event)) return;
    event.preventDefault();
    const cells = column(event.target);
    const next = cells[cells.indexOf(event.target) + step];
    if (next) next.focus(), next.select?.();
    else if (event.key === "Enter") save(event.target.form);
  });
  document.addEventListener("paste", (event) => {
    const lines = event.clipboardData?.getData("text").replace(/\r?\n$/, "").split(/\r?\n/) ?? [];
    if (lines.length < 2 || !inTable(event) || event.target.type !== "text") return;
    event.preventDefault();
    const at = column(event.target).indexOf(event.target);
    lines.forEach((line, index) => {
      if (at + index >= column(event.target).length) one("[data-more]", event.target.closest("[data-rows]"))?.click();
      const cell = column(event.target)[at + index];
      if (!cell) return;
      cell.value = line.split("\t")[0].trim();
      cell.dispatchEvent(new Event("input", { bubbles: true }));
    });
    column(event.target)[at].focus();
  });
}

// A secret text is not typed here: with the level, what was typed goes, and the fields are closed.
function secret(form, choice) {
  const level = Number(choice.value);
  const parts = all("[data-open], .rowset", form);
  const open = level < 3 ? [] : all("[name=title]", form);
  const fields = [...parts.flatMap((part) => all("input:not([type=hidden]), textarea", part)), ...open];
  const before = choice.dataset.before ?? "0";
  const typed = (field) => (field.type === "checkbox" || field.type === "radio" ? field.checked : field.value);
  if (level > 0 && fields.some(typed) && !confirm(form.dataset.secret)) {
    choice.value = before;
    return;
  }
  choice.dataset.before = choice.value;
  for (const part of parts) part.disabled = level > 0;
  const title = one("[name=title]", form);
  if (title) title.disabled = level > 2;
  if (level === 0) return;
  for (const field of fields) {
    if (field.type === "checkbox" || field.type === "radio") field.checked = false;
    else field.value = "";
  }
  for (const part of parts) all("input[type=hidden]", part).forEach((field) => (field.value = ""));
  all("[data-files]", form).forEach((list) => list.replaceChildren());
  keep(draftKey(form));
}

// Files: sent at once, with progress; the form then carries their handles.
function drops() {
  const send = (zone, file) => {
    const form = zone.closest("form"), list = one("[data-files]", zone), state = stateOf(form);
    const row = document.createElement("li");
    const bar = Object.assign(document.createElement("progress"), { max: file.size || 1, value: 0 });
    row.append(Object.assign(document.createElement("span"), { textContent: file.name }), bar);
    list.append(row);
    const body = new FormData();
    body.append("csrf", document.body.dataset.csrf);
    body.append("files", file);
    const request = new XMLHttpRequest();
    request.open("POST", zone.dataset.drop);
    request.upload.onprogress = (event) => (bar.value = event.loaded);
    const end = (failed) => {
      state.coming -= 1;
      bar.remove();
      if (!failed) return;
      row.classList.add("err");
      row.append(` – ${zone.dataset.failed}`);
    };
    request.onload = () => {
      const handles = request.status === 200 ? JSON.parse(request.responseText).handles : [];
      end(!handles.length);
      for (const handle of handles) {
        const label = document.createElement("label");
        const box = Object.assign(document.createElement("input"), { type: "checkbox", name: "attach", value: handle, checked: true });
        label.append(box, handle.slice(handle.indexOf("/") + 1));
        row.replaceChildren(label);
        box.dispatchEvent(new Event("input", { bubbles: true }));
      }
    };
    request.onerror = () => end(true);
    state.coming = (state.coming ?? 0) + 1;
    request.send(body);
  };
  document.addEventListener("change", (event) => {
    const zone = event.target.matches("input[type=file]") && event.target.closest("[data-drop]");
    if (!zone) return;
    Array.from(event.target.files).forEach((file) => send(zone, file));
    event.target.value = "";
  });
  // A file that misses its zone must not replace the page.
  for (const kind of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, (event) => {
      if (!event.dataTransfer || !one("[data-drop]")) return;
      event.preventDefault();
      const zone = event.target.closest?.("[data-drop]");
      if (!zone || zone.closest("fieldset:disabled")) return;
      zone.classList.toggle("over", kind === "dragover");
      if (kind === "drop") Array.from(event.dataTransfer.files).forEach((file) => send(zone, file));
    });
  }
}

for (const choice of all("form[data-draft] [name=confidentiality]")) {
  choice.dataset.before = choice.value;
  if (Number(choice.value) > 0) secret(choice.form, choice);
}
for (const begin of [submits, typing, drops, bring]) begin();

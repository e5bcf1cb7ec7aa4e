// The script of desk and console; forms have one of their own, which uses this one. Everything that a page promises works
// without scripts, but for what moves by itself: live parts, search as one types, keys.
"use strict";

const all = (what, root = document) => Array.from(root.querySelectorAll(what));
const one = (what, root = document) => root.querySelector(what);
const later = (work, wait) => {
  let timer;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...args), wait);
  };
};
const fold = (text) =>
  text.toLowerCase().replace(/đ/g, "d").normalize("NFD").replace(/[\u0300-\u036f]/g, "").trim();

// Live parts: the page says which parts it shows, and gets those that have changed. A part in which somebody types or
// has a form open stays as it is until the next time.
async function renew(address = location.href) {
  const shown = all("[data-part][id]").map((part) => part.dataset.part);
  const answer = await fetch(address, { headers: { "x-truc-live": shown.join() }, credentials: "same-origin" });
  if (answer.redirected && new URL(answer.url).pathname === "/login") {
    // What somebody has typed stays, and the password is asked for over it.
    if (!anyTyped()) location.reload();
    else password().then(() => renew(address));
    return;
  }
  // 204: it shows all there is.
  if (answer.status !== 200) return;
  const next = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const fresh of all("[data-part][id]", next)) {
    const part = document.getElementById(fresh.id);
    if (!part || busy(part)) continue;
    const [before, state] = [frame(part), part.dataset.speak];
    become(part, document.importNode(fresh, true));
    part.closest("[data-bulk]")?.dispatchEvent(new Event("change"));
    // Words that only tell the time pass in silence, and so does what is spoken while it says the same.
    if (state === undefined ? frame(part) === before : part.dataset.speak === state) continue;
    if (state !== undefined) document.getElementById("said").textContent = part.innerText;
    if ("quiet" in part.dataset) continue;
    part.classList.add("changed");
    setTimeout(() => part.classList.remove("changed"), 2000);
  }
  express();
}

function busy(part) {
  const here = document.activeElement;
  const types = part.contains(here) && here.matches("input:not([type=checkbox]), textarea, select");
  return types || one("details.move[open], :user-invalid, [data-dirty]", part);
}

// What stands there, without its words: which rows, which marks.
const frame = (part) =>
  part.outerHTML
    .replace(/>[^<]+(?=<)/g, ">")
    .replace(/ (title|datetime|value|open|data-part|aria-label)(="[^"]*")?/g, "")
    .replace(/ ?\b(at|changed)(?=[" ])/g, "");

// Makes an element equal to a fresh one and keeps what is equal: focus, scroll, what is ticked, open, or being played.
function become(old, fresh) {
  if (old.nodeName !== fresh.nodeName) {
    old.replaceWith(fresh);
    return;
  }
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
    return;
  }
  const own = ["at", "changed"].filter((name) => old.classList.contains(name));
  for (const { name } of Array.from(old.attributes)) {
    if (!fresh.hasAttribute(name) && name !== "open") old.removeAttribute(name);
  }
  for (const { name, value } of Array.from(fresh.attributes)) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  if (own.length) old.classList.add(...own);
  const wanted = Array.from(fresh.childNodes);
  const names = new Set(wanted.map(named));
  const known = new Map(Array.from(old.childNodes, (node) => [named(node), node]).filter(([name]) => name));
  let at = old.firstChild;
  for (const want of wanted) {
    const name = named(want);
    // What is gone makes way, so that what stays need not move.
    while (at && named(at) && !names.has(named(at))) at = drop(at);
    const have = name ? known.get(name) : at && !named(at) && at.nodeName === want.nodeName && at;
    if (!have) {
      old.insertBefore(want, at);
      continue;
    }
    known.delete(name);
    if (have === at) at = at.nextSibling;
    else old.insertBefore(have, at);
    become(have, want);
  }
  while (at) at = drop(at);
}

function drop(node) {
  const next = node.nextSibling;
  node.remove();
  return next;
}

// What an element is about: its id, or where the first link of a row leads.
const named = (node) => {
  if (node.nodeType !== Node.ELEMENT_NODE) return "";
  if (node.id) return node.id;
  if (node.dataset.id) return node.dataset.id;
  return ["LI", "TR"].includes(node.nodeName) ? one("a[href]", node)?.getAttribute("href") ?? "" : "";
};

// Only a page that is seen keeps a stream: browsers allow few at once.
function live() {
  let at = document.body.dataset.live;
  if (!at) return;
  let stream, timer, last = 0;
  // However much happens, the page asks once in a while.
  const soon = () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      last = Date.now();
      renew().catch(() => {});
    }, Math.max(30, last + 700 - Date.now()));
  };
  const begin = () => {
    if (stream || document.hidden) return;
    // Where more is known than this page shows, the stream says so at once; otherwise nothing is fetched.
    stream = new EventSource(`/live?at=${at}`);
    stream.addEventListener("moved", (event) => {
      at = event.data;
      soon();
    });
  };
  const end = () => {
    stream?.close();
    stream = undefined;
  };
  document.addEventListener("visibilitychange", () => (document.hidden ? end() : begin()));
  addEventListener("pagehide", end);
  addEventListener("pageshow", begin);
  begin();
  // Ages and deadlines move by themselves.
  setInterval(() => document.hidden || soon(), 60_000);
}

// Fields for assignees and leads offer the offices that are ticked as recipients; all while none is.
function offer(ticked) {
  for (const option of all("datalist option[data-id]")) {
    option.disabled = ticked.size > 0 && !ticked.has(option.dataset.id);
  }
}

// Recipients: search, three states, the count.
function pickers() {
  for (const picker of all("[data-picker]")) {
    const search = one("[data-picker-search]", picker);
    const count = one("[data-picker-count]", picker);
    const leaves = all("li[data-name]", picker);
    const told = () => {
      const offices = new Set();
      for (const box of all("input[type=checkbox]", picker)) {
        if (!box.checked) continue;
        if ("whole" in box.dataset) {
          const within = box.closest("details, [data-all], .tree");
          all("li[data-name] input:not([data-whole])", within).forEach((one) => offices.add(one.value));
          const own = one(":scope > label input", within.parentElement);
          if (own) offices.add(own.value);
        } else offices.add(box.value);
      }
      for (const details of all("details", picker)) {
        const inside = all("ul input:not([data-whole])", details);
        const whole = one(":scope > .whole input", details);
        if (whole) whole.indeterminate = !whole.checked && inside.some((box) => box.checked);
      }
      offer(offices);
      count.textContent = offices.size ? count.dataset.word.replace("#", offices.size) : "";
    };
    picker.addEventListener("change", told);
    search.hidden = false;
    search.addEventListener("input", () => {
      const wanted = fold(search.value);
      for (const leaf of leaves) {
        const hit = !wanted || leaf.dataset.name.includes(wanted) || all("li[data-name]", leaf).some((below) => below.dataset.name.includes(wanted));
        leaf.hidden = !hit;
        if (wanted && hit) one(":scope > details", leaf)?.setAttribute("open", "");
      }
    });
    search.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      // The one that is meant is ticked, never unticked; of several one is led to the first, to tick it or not.
      const wanted = fold(search.value);
      const hits = wanted ? leaves.filter((leaf) => leaf.dataset.name.includes(wanted)) : [];
      const boxes = hits.map((leaf) => one("input", leaf));
      if (boxes.length > 1) boxes[0].focus();
      else if (boxes.length && !boxes[0].checked) {
        boxes[0].checked = true;
        boxes[0].dispatchEvent(new Event("change", { bubbles: true }));
        search.select();
      }
    });
    picker.addEventListener("keydown", (event) => {
      if (!["ArrowDown", "ArrowUp", "ArrowRight", "ArrowLeft"].includes(event.key) || event.target.type !== "checkbox") return;
      event.preventDefault();
      const boxes = all("input[type=checkbox]", picker).filter((box) => box.offsetParent);
      const here = boxes.indexOf(event.target);
      const leaf = event.target.closest("li");
      const below = leaf && one(":scope > details", leaf);
      if (event.key === "ArrowRight") below?.setAttribute("open", "");
      else if (event.key === "ArrowLeft" && below?.open) below.removeAttribute("open");
      else if (event.key === "ArrowLeft") leaf && one("input", leaf.parentElement.closest("li") ?? leaf)?.focus();
      else boxes[here + (event.key === "ArrowDown" ? 1 : -1)]?.focus();
    });
    told();
  }
}

// One more row without asking the office.
function rows() {
  document.addEventListener("click", (event) => {
    const more = event.target.closest("[data-more]");
    if (!more) return;
    const set = more.closest("[data-rows]");
    const last = all("[data-row]", set).at(-1);
    if (!last) return;
    event.preventDefault();
    const row = last.cloneNode(true);
    const part = set.dataset.rows;
    const renumber = (text) => text.replace(new RegExp(`((?:^|-)${part}\\.)(\\d+)\\.`), (_, head, number) => `${head}${Number(number) + 1}.`);
    for (const element of [row, ...all("*", row)]) {
      for (const name of ["id", "name", "for", "aria-describedby"]) {
        if (element.hasAttribute?.(name)) element.setAttribute(name, renumber(element.getAttribute(name)));
      }
      if (element.matches?.("input, textarea")) {
        if (element.type === "checkbox") element.checked = false;
        else element.value = "";
      }
      if (element.matches?.("output")) element.textContent = "";
      if (element.matches?.(".err")) element.remove();
    }
    last.after(row);
    one("input:not([type=hidden]), textarea", row)?.focus();
  });
}

// A figure that jumps wants a word.
function jumps() {
  document.addEventListener("input", (event) => {
    const row = event.target.closest?.(".ind.edit tr");
    const said = row && one("[data-jump]", row);
    if (!said) return;
    const vietnamese = document.documentElement.lang === "vi";
    const plain = (text) =>
      Number(vietnamese ? text.replace(/\s|\.(?=\d{3}(\D|$))/g, "").replace(",", ".") : text.replace(/[\s,]/g, ""));
    const before = Number(one("input[type=hidden]", row).value || "0");
    const now = plain(one(".fig", row).value || "0");
    said.textContent = before > 0 && now / before >= 2 ? said.dataset.jump.replace("#", Math.round(now / before)) : "";
  });
}

// Search as one types.
function suggests() {
  for (const input of all("[data-suggest]")) {
    const look = later(() => {
      const address = new URL(location.href);
      address.searchParams.set("q", input.value);
      address.searchParams.delete("page");
      history.replaceState(null, "", address);
      renew(address).catch(() => {});
    }, 150);
    input.addEventListener("input", look);
  }
}

// Express papers are told of once, where people said so.
function express() {
  if (!("Notification" in window) || Notification.permission !== "granted") return;
  let told = [];
  try {
    told = JSON.parse(localStorage.getItem("truc-told") || "[]");
  } catch {}
  for (const paper of all("[data-notify-express]")) {
    if (told.includes(paper.dataset.id)) continue;
    told.push(paper.dataset.id);
    const note = new Notification(paper.dataset.notifyExpress, { tag: paper.dataset.id, requireInteraction: true });
    note.onclick = () => window.focus();
  }
  try {
    localStorage.setItem("truc-told", JSON.stringify(told.slice(-200)));
  } catch {}
}

function notifications() {
  for (const place of all("[data-notify]")) {
    if (!("Notification" in window) || Notification.permission !== "default") continue;
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "b", textContent: place.dataset.notify });
    button.addEventListener("click", async () => {
      await Notification.requestPermission();
      place.hidden = true;
    });
    place.append(button);
    place.hidden = false;
  }
}

// The watch: it rings until somebody has accepted, says since when it hears nothing, and listens though nobody sees it.
function watch() {
  const address = document.body.dataset.watch;
  if (!address) return;
  const title = document.title;
  const gone = one("[data-gone]");
  const button = one("[data-sound]");
  const audio = "AudioContext" in window ? new AudioContext() : undefined;
  let bell;
  // A sound that repeats itself: timers of a page that nobody sees run once a minute.
  const sound = () => {
    const rate = audio.sampleRate;
    const buffer = audio.createBuffer(1, rate * 4, rate);
    const wave = buffer.getChannelData(0);
    for (let at = 0; at < rate * 1.2; at++) wave[at] = Math.sin((at / rate) * 2 * Math.PI * (at < rate * 0.6 ? 880 : 660)) / 2;
    const source = Object.assign(audio.createBufferSource(), { buffer, loop: true });
    source.connect(audio.destination);
    source.start();
    return source;
  };
  const ring = () => {
    const waiting = all("[data-ring]").length;
    document.title = waiting ? `${document.getElementById("watch").dataset.ringWord} – ${title}` : title;
    const heard = audio?.state === "running";
    // Browsers let a page sound only after somebody has touched it.
    button.hidden = !audio || heard;
    if (waiting && heard) bell ??= sound();
    else if (!waiting) {
      bell?.stop();
      bell = undefined;
    }
    document.body.dataset.ringing = bell ? "sound" : waiting ? "title" : "";
  };
  button.addEventListener("click", () => audio.resume().then(ring));
  const away = () => {
    if (!gone.hidden) return;
    gone.textContent = gone.dataset.gone.replace("#", new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" }));
    gone.hidden = false;
  };
  const look = async () => {
    // A part in which something has the focus is not renewed.
    if (document.activeElement?.closest("[data-part]")) document.activeElement.blur();
    try {
      await renew();
      gone.hidden = true;
    } catch {
      away();
    }
    ring();
  };
  const listen = () => {
    const stream = new EventSource(address);
    stream.addEventListener("open", look);
    stream.addEventListener("moved", look);
    stream.addEventListener("error", () => {
      away();
      // What ended for good is begun anew; until then the page asks by itself.
      if (stream.readyState === EventSource.CLOSED) setTimeout(listen, 5_000), look();
    });
  };
  listen();
  setInterval(look, 30_000);
  ring();
}

// Keys: off while one types; `?` shows them.
function keys() {
  if (!("keys" in document.body.dataset)) return;
  const lines = () => all("section.express, .rows li, .tw tbody tr, .map li").filter((line) => line.offsetParent);
  let at = -1;
  let going = false;
  const move = (by) => {
    const list = lines();
    if (!list.length) return;
    list[at]?.classList.remove("at");
    at = Math.max(0, Math.min(list.length - 1, at + by));
    list[at].classList.add("at");
    list[at].scrollIntoView({ block: "nearest" });
    one("a", list[at])?.focus({ preventScroll: true });
  };
  const press = (key) => {
    // What the marked line offers; without a mark, only what is meant without doubt.
    const marked = lines()[at];
    let targets = all(`[data-key="${key}"]`, marked ?? one("#main"));
    // What is done with all ticked lines stands outside of them.
    if (!targets.length) targets = all(`[data-batch="${key}"]`, one("#main"));
    const target = targets[0];
    if (targets.length !== 1) return targets.length > 1 || Boolean(marked);
    if (target.tagName === "SUMMARY") {
      target.parentElement.open = true;
      all("input, textarea, select, button", target.nextElementSibling)
        .find((field) => field.type !== "hidden" && field.tabIndex >= 0)?.focus();
    } else target.focus(), target.click();
    return true;
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.matches("input:not([type=checkbox]):not([type=radio]), textarea, select");
    if (event.key === "Escape") {
      if (typing) event.target.blur();
      one(".toast")?.remove();
      all("details.move[open]").forEach((details) => details.removeAttribute("open"));
      return;
    }
    if (typing) return;
    if (going) {
      going = false;
      const target = one(`[data-go="${event.key}"]`);
      if (target) location.href = target.href;
      return;
    }
    switch (event.key) {
      case "?": document.getElementById("keys")?.showModal(); break;
      case "/": one("input[type=search]")?.focus(); break;
      case "g": going = true; setTimeout(() => (going = false), 1500); return;
      case "j": move(1); break;
      case "k": move(-1); break;
      case "x": {
        const box = lines()[at] && one("input[type=checkbox]", lines()[at]);
        if (!box) return;
        box.click();
        break;
      }
      case "s": {
        const form = all("form[data-draft]").find((form) => form.offsetParent);
        if (!form) return;
        form.dispatchEvent(new Event("truc-save", { bubbles: true }));
        break;
      }
      default:
        if (event.key.length !== 1 || !press(event.key)) return;
    }
    event.preventDefault();
  });
}

// The form that a page was opened for takes the cursor.
function opened() {
  if (one(".errsum, [autofocus]")) return;
  const form = one("#main details.move[open]");
  form?.scrollIntoView({ block: "nearest" });
  form && one("input:not([type=hidden]), textarea, select", form)?.focus({ preventScroll: true });
}

// Sheets that are made to be printed.
function prints() {
  for (const button of all("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => print());
  }
}

// Tiles and matrices: one tab stop, arrows walk.
function walks() {
  document.addEventListener("keydown", (event) => {
    const steps = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
    const step = steps[event.key];
    const field = step && event.target.closest?.("[data-walk]");
    if (!field) return;
    event.preventDefault();
    const from = event.target.getBoundingClientRect();
    let best, least = Infinity;
    for (const tile of all("a, [tabindex]", field)) {
      const to = tile.getBoundingClientRect();
      const dx = (to.left + to.width / 2 - from.left - from.width / 2) * (step[0] || 1);
      const dy = (to.top + to.height / 2 - from.top - from.height / 2) * (step[1] || 1);
      const along = step[0] ? dx : dy;
      const across = Math.abs(step[0] ? dy : dx);
      if (along < 2) continue;
      const far = along + across * 4;
      if (far < least) [best, least] = [tile, far];
    }
    best?.focus();
  });
}

// Ticked rows of a table and what is done with all of them.
function bulk() {
  for (const form of all("[data-bulk]")) {
    const button = one("[data-bulk-word]", form);
    // Who may only look has nothing to press.
    if (!button) continue;
    const told = () => {
      const count = all("input[type=checkbox][name=office]:checked", form).length;
      button.textContent = button.dataset.bulkWord.replace("#", count);
      button.disabled = count === 0;
    };
    form.addEventListener("change", told);
    told();
  }
}

// Passkeys: bytes as base64url, as the office reads them.
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const ask = async (address, form) => {
  const answer = await fetch(address, { method: "POST", body: new URLSearchParams(new FormData(form)) });
  // The password has to be typed again: the page asks for it.
  if (answer.redirected) location.assign(answer.url);
  if (!answer.ok) throw new Error(answer.status);
  return answer.json();
};
const put = (form, values) => {
  for (const [name, value] of Object.entries(values)) {
    const input = Object.assign(document.createElement("input"), { type: "hidden", name, value });
    form.append(input);
  }
  form.submit();
};

// What the device shows for a login that waits for its passkey.
async function showPasskey(address, form) {
  const asked = await ask(`${address}/begin`, form);
  const shown = await navigator.credentials.get({
    publicKey: {
      challenge: bytes(asked.challenge),
      rpId: asked.rp,
      allowCredentials: asked.known.map((id) => ({ type: "public-key", id: bytes(id) })),
      userVerification: "required",
    },
  });
  return {
    id: text(shown.rawId),
    authenticator: text(shown.response.authenticatorData),
    client: text(shown.response.clientDataJSON),
    signature: text(shown.response.signature),
  };
}

function passkeys() {
  if (!("credentials" in navigator)) return;
  for (const form of all("[data-passkey-new]")) {
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      try {
        const asked = await ask(form.dataset.passkeyNew, form);
        const made = await navigator.credentials.create({
          publicKey: {
            challenge: bytes(asked.challenge),
            rp: { id: asked.rp, name: "Trục" },
            user: { id: bytes(asked.user), name: asked.name, displayName: asked.shown },
            pubKeyCredParams: [{ type: "public-key", alg: -7 }],
            excludeCredentials: asked.known.map((id) => ({ type: "public-key", id: bytes(id) })),
            authenticatorSelection: { userVerification: "required" },
            attestation: "none",
          },
        });
        put(form, {
          id: text(made.rawId),
          key: text(made.response.getPublicKey()),
          authenticator: text(made.response.getAuthenticatorData()),
          client: text(made.response.clientDataJSON),
        });
      } catch {
        one("[data-passkey-failed]", form).hidden = false;
      }
    });
  }
  for (const form of all("[data-passkey]")) {
    const button = one("[data-passkey-use]", form);
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        const shown = await showPasskey(form.dataset.passkey, form);
        form.action = form.dataset.passkey;
        put(form, shown);
      } catch {
        one("[data-passkey-failed]", form).hidden = false;
      }
    });
  }
}

for (const begin of [passkeys, live, pickers, rows, jumps, suggests, notifications, express, watch, keys, walks, bulk, prints, opened]) begin();

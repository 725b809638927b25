// The operations page: asks for the overview every two seconds while somebody looks, and draws it.

import { call, setToken } from "../app/api.js";
import { $, announce, toast } from "../app/dom.js";
import { wireTheme } from "../app/theme.js";
import { drawOverview } from "./panels.js";

const pollMilliseconds = 2000;
let overview = null;
let timer = 0;

async function poll() {
  clearTimeout(timer);
  if (!document.hidden) {
    try {
      overview = await call("/admin/api/overview");
      $("token-form").hidden = true;
      $("figures").setAttribute("aria-busy", "false");
      show("live", "Live");
      draw();
    } catch (error) {
      $("token-form").hidden = error.status !== 401 && error.status !== 403;
      // What was read last stays on the page, and the mark says that it is old.
      if (error.status !== 503) show("away", error.status === 0 ? "The server is away" : error.message);
    }
  }
  timer = setTimeout(poll, pollMilliseconds);
}

function show(state, text) {
  if ($("pulse").dataset.state !== state) announce(text);
  $("pulse").dataset.state = state;
  $("pulse-text").textContent = text;
}

function draw() {
  if (overview) drawOverview(overview, askToActivate);
}

/** Asks before a running service changes. */
function askToActivate(run) {
  const dialog = $("confirm");
  $("confirm-text").textContent = `Everybody who listens gets their songs from ${run.version} within seconds. It can be changed back in the same way.`;
  dialog.returnValue = "no";
  dialog.onclose = () => { if (dialog.returnValue === "yes") activate(run); };
  dialog.showModal();
}

async function activate(run) {
  try {
    await call(`/admin/api/models/${encodeURIComponent(run.version)}/activate`, { method: "POST" });
    toast(`${run.version} is current`);
  } catch (error) {
    toast(`Not changed: ${error.message}`);
  }
  poll();
}

function begin() {
  wireTheme();
  document.querySelector(".skip").onclick = (event) => {
    event.preventDefault();
    $("figures").focus();
  };
  $("token-form").onsubmit = (event) => {
    event.preventDefault();
    setToken($("token").value.trim());
    poll();
  };
  addEventListener("resize", draw);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) poll(); });
  poll();
}

begin();

"use strict";

const $ = (id) => document.getElementById(id);
const svgNamespace = "http://www.w3.org/2000/svg";

/** What is shown: the photograph, the answer to it, and the class that the heat map is of. */
const shown = { blob: null, name: "photo.jpg", answer: null, classID: null, turn: 0 };

// Requests

function url(path, parameters) {
  const query = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value !== ""));
  return query.size ? `${path}?${query}` : path;
}

async function request(path, options = {}) {
  const headers = new Headers(options.headers);
  const key = $("key").value.trim();
  if (key) headers.set("Authorization", `Bearer ${key}`);
  const response = await fetch(path, { ...options, headers });
  if (response.status === 401) $("key-field").hidden = false;
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(body.detail ?? `The server answered ${response.status}.`);
  return body;
}

// Adding a photograph

/** The server reads JPEG and PNG; the browser turns anything else that it can show into PNG. */
async function readable(blob) {
  if (["image/jpeg", "image/png"].includes(blob.type)) return blob;
  const bitmap = await createImageBitmap(blob);
  const canvas = document.createElement("canvas");
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

async function show(blob, name) {
  try {
    shown.blob = await readable(blob);
  } catch {
    return tell("This is no image that the browser can read. Add a JPEG or a PNG.", true);
  }
  shown.name = name || (shown.blob.type === "image/png" ? "photo.png" : "photo.jpg");
  shown.classID = null;
  hideHeat();
  const photo = $("photo");
  URL.revokeObjectURL(photo.src);
  photo.src = URL.createObjectURL(shown.blob);
  photo.alt = shown.name;
  $("stage").hidden = false;
  $("drop").classList.add("full");
  await classify();
}

function choose(input) {
  const [file] = input.files;
  if (file) show(file, file.name);
  input.value = "";
}

async function pasteFromClipboard() {
  try {
    for (const item of await navigator.clipboard.read()) {
      const type = item.types.find((type) => type.startsWith("image/"));
      if (type) return show(await item.getType(type), "");
    }
    tell("There is no image in the clipboard.", true);
  } catch {
    tell("The browser does not give the clipboard to a button here. Press Ctrl+V or ⌘V instead.", true);
  }
}

/** A telephone has its own camera application; elsewhere the picture is taken from a live view. */
async function takePhoto() {
  if (matchMedia("(pointer: coarse)").matches || !navigator.mediaDevices) return $("capture").click();
  try {
    $("video").srcObject = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1280 } } });
    $("viewfinder").showModal();
  } catch {
    tell("The browser gives no camera.", true);
  }
}

function shoot() {
  const video = $("video");
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext("2d").drawImage(video, 0, 0);
  canvas.toBlob((blob) => { if (blob) show(blob, "camera.jpg"); }, "image/jpeg", 0.92);
  $("viewfinder").close();
}

function closeCamera() {
  for (const track of $("video").srcObject?.getTracks() ?? []) track.stop();
  $("video").srcObject = null;
}

// Predictions

function tell(text, isError = false) {
  $("message").textContent = text;
  $("message").hidden = text === "";
  $("message").classList.toggle("error", isError);
}

async function classify() {
  const turn = ++shown.turn;
  tell("Looking …");
  $("results").setAttribute("aria-busy", "true");
  const start = performance.now();
  try {
    const path = url("v1/classify", { top_k: 5, model: $("model").value });
    const answer = await request(path, { method: "POST", body: shown.blob });
    if (turn !== shown.turn) return;
    shown.answer = answer;
    tell("");
    showPredictions(answer.predictions);
    showTimes(answer, performance.now() - start);
  } catch (error) {
    if (turn !== shown.turn) return;
    shown.answer = null;
    $("predictions").replaceChildren();
    $("facts").hidden = true;
    tell(error instanceof TypeError ? "The server cannot be reached." : error.message, true);
  } finally {
    if (turn === shown.turn) $("results").removeAttribute("aria-busy");
  }
}

function showPredictions(predictions) {
  $("predictions").replaceChildren(...predictions.map((prediction) => {
    const share = `${(prediction.score * 100).toFixed(1)} %`;
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-pressed", "false");
    button.dataset.classId = prediction.class_id;
    button.title = "Show where in the photograph";
    const fill = element("span", "fill");
    fill.style.width = `${prediction.score * 100}%`;
    button.append(fill, element("span", "label", prediction.label), element("span", "share", share));
    button.addEventListener("click", () => toggleHeat(prediction));
    item.append(button);
    return item;
  }));
  const [first] = predictions;
  announce(first ? `${first.label}, ${(first.score * 100).toFixed(0)} percent. ${predictions.length} classes.` : "");
}

/** For screen readers, which do not read a list just because it changed. */
function announce(text) {
  $("announcer").textContent = text;
}

function element(tag, className, text = "") {
  const result = document.createElement(tag);
  result.className = className;
  result.textContent = text;
  return result;
}

// Times

function milliseconds(value) {
  if (value === null || value === undefined) return "–";
  return value < 10 ? value.toFixed(1) : value < 10000 ? Math.round(value).toString() : `${(value / 1000).toFixed(0)}k`;
}

function showTimes(answer, roundTrip) {
  const { receive, queue, decode, inference, total } = answer.timing_ms;
  const rest = Math.max(0, total - receive - queue - decode - inference);
  const phases = [
    ["network", "network and browser", Math.max(0, roundTrip - total)], ["receive", "receive", receive],
    ["queue", "queue", queue], ["decode", "decode", decode], ["inference", "inference", inference],
    ["answer", "answer", rest],
  ];
  const timeline = $("timeline");
  timeline.replaceChildren(...phases.map(([name, , time]) => {
    const part = element("span", name);
    part.style.flexGrow = Math.max(time, 0.001);
    return part;
  }));
  timeline.setAttribute("aria-label", phases.map(([, title, time]) => `${title} ${milliseconds(time)} ms`).join(", "));
  $("phases").replaceChildren(...phases.map(([name, title, time]) =>
    element("li", name, `${title} ${milliseconds(time)} ms`)));
  const { width, height, format } = answer.image;
  const neighbours = answer.batch_size > 1 ? `, in a batch of ${answer.batch_size}` : "";
  $("request").textContent =
    `${width} × ${height} ${format.toUpperCase()}, ${milliseconds(total)} ms in the server${neighbours}`;
  $("curl").textContent = curlCommand();
  $("facts").hidden = false;
}

function curlCommand() {
  const address = new URL(url("v1/classify", { model: $("model").value }), location.href);
  const key = $("key").value.trim() ? " -H 'Authorization: Bearer KEY'" : "";
  const file = `'@${shown.name.replaceAll("'", "'\\''")}'`;
  return `curl --data-binary ${file}${key} '${address}'`;
}

async function copyCurl() {
  try {
    await navigator.clipboard.writeText($("curl").textContent);
    $("copy").textContent = "Copied";
  } catch {
    getSelection().selectAllChildren($("curl"));
    $("copy").textContent = "Selected";
  }
  announce($("copy").textContent);
  setTimeout(() => { $("copy").textContent = "Copy as curl"; }, 1500);
}

// The heat map

function hideHeat() {
  $("heat").hidden = true;
  $("heat-controls").hidden = true;
  shown.classID = null;
  for (const button of document.querySelectorAll("#predictions button")) button.setAttribute("aria-pressed", "false");
}

async function toggleHeat(prediction) {
  if (shown.classID === prediction.class_id) return hideHeat();
  hideHeat();
  shown.classID = prediction.class_id;
  document.querySelector(`[data-class-id="${prediction.class_id}"]`).setAttribute("aria-pressed", "true");
  const turn = shown.turn;
  try {
    const path = url("v1/explain", { class: prediction.class_id, model: $("model").value });
    const answer = await request(path, { method: "POST", body: shown.blob });
    if (turn !== shown.turn || shown.classID !== prediction.class_id) return;
    drawHeat(answer);
    $("heat-text").textContent = `Where it sees “${prediction.label}”`;
    $("heat-controls").hidden = false;
    announce(`The heat map shows where it sees ${prediction.label}: most in the ${strongest(answer)}.`);
  } catch (error) {
    hideHeat();
    tell(error.message, true);
  }
}

/** Where the largest value lies, in words. */
function strongest({ map }) {
  let best = { value: -Infinity, row: 0, column: 0 };
  map.values.forEach((values, row) => values.forEach((value, column) => {
    if (value > best.value) best = { value, row, column };
  }));
  const third = (index, count, names) => names[Math.min(2, Math.floor(3 * (index + 0.5) / count))];
  const row = third(best.row, map.rows, ["top", "", "bottom"]);
  const column = third(best.column, map.columns, ["left", "", "right"]);
  return [row, column].filter(Boolean).join(" ") || "middle";
}

/** The map covers the part of the photograph that the network saw. */
function drawHeat({ map, image }) {
  const canvas = $("heat");
  const scale = 24;
  canvas.width = map.columns * scale;
  canvas.height = map.rows * scale;
  const heats = heatOf(map, scale);
  const largest = heats.reduce((most, heat) => Math.max(most, heat), 1e-6);
  const context = canvas.getContext("2d");
  const pixels = context.createImageData(canvas.width, canvas.height);
  heats.forEach((heat, index) => pixels.data.set(colour(Math.max(0, heat) / largest), 4 * index));
  context.putImageData(pixels, 0, 0);
  const { x, y, width, height } = map.region;
  canvas.style.left = `${100 * x / image.width}%`;
  canvas.style.top = `${100 * y / image.height}%`;
  canvas.style.width = `${100 * width / image.width}%`;
  canvas.style.height = `${100 * height / image.height}%`;
  canvas.style.opacity = $("opacity").value / 100;
  canvas.hidden = false;
}

/** The map with each cell spread over `scale` pixels, by cubic B-splines around the cells' centres. */
function heatOf({ values, rows, columns }, scale) {
  const [down, across] = [splines(rows, scale), splines(columns, scale)];
  const lines = values.map((row) => across.map((taps) => taps.reduce((sum, [cell, share]) => sum + share * row[cell], 0)));
  return down.flatMap((taps) =>
    across.map((_, column) => taps.reduce((sum, [cell, share]) => sum + share * lines[cell][column], 0)));
}

/** For each pixel of an axis the four cells around it and their shares. */
function splines(count, scale) {
  return Array.from({ length: count * scale }, (_, pixel) => {
    const place = (pixel + 0.5) / scale - 0.5;
    const first = Math.floor(place);
    const t = place - first;
    const shares = [(1 - t) ** 3, 3 * t ** 3 - 6 * t ** 2 + 4, -3 * t ** 3 + 3 * t ** 2 + 3 * t + 1, t ** 3];
    return shares.map((share, tap) => [Math.min(Math.max(first + tap - 1, 0), count - 1), share / 6]);
  });
}

/** From clear over violet and orange to yellow. */
function colour(heat) {
  const stops = [[42, 22, 92], [128, 37, 130], [212, 72, 88], [249, 142, 56], [252, 232, 120]];
  const place = heat * (stops.length - 1);
  const index = Math.min(Math.floor(place), stops.length - 2);
  const mixed = stops[index].map((value, channel) => value + (stops[index + 1][channel] - value) * (place - index));
  return [...mixed, 230 * Math.min(1, Math.max(0, 1.4 * heat - 0.12)) ** 1.2];
}

// What the server does

const past = [];
const pastLength = 60;

async function poll() {
  if (document.hidden) return;
  try {
    const stats = await request("v1/stats");
    const recent = stats["1m"];
    past.push({ rate: recent.pictures_per_second, ...recent.phases_ms.total });
    if (past.length > pastLength) past.shift();
    showStatistics(stats);
    setState("ready", "ready");
  } catch (error) {
    setState("down", error instanceof TypeError ? "cannot be reached" : error.message);
  }
}

function setState(kind, text) {
  const state = $("state");
  if (state.textContent === text) return;
  state.className = `state ${kind}`;
  state.textContent = text;
}

function showStatistics(stats) {
  const recent = stats["1m"];
  const { p50, p90, p99 } = recent.phases_ms.total;
  const rate = recent.pictures_per_second;
  $("rate").textContent = rate < 10 ? rate.toFixed(1) : Math.round(rate);
  $("latency").textContent = [p50, p90, p99].map(milliseconds).join(" · ");
  drawLines($("rate-chart"), ["rate"], true);
  drawLines($("latency-chart"), ["p99", "p90", "p50"], false);
  $("rate-chart").setAttribute("aria-label", `${rate.toFixed(1)} pictures a second over the last minute`);
  $("latency-chart").setAttribute("aria-label",
    `Half of the requests within ${milliseconds(p50)}, 90 % within ${milliseconds(p90)}, 99 % within ${milliseconds(p99)} milliseconds`);
  drawBatches(recent.batch_sizes);
  const { pictures, busy_workers: busy, expected_wait_ms: wait } = stats.queue;
  const memory = stats.memory.resident_bytes;
  $("load").textContent = `${recent.requests} requests in the last minute, ${recent.failures} failed. `
    + `Waiting now: ${pictures}, for ${milliseconds(wait)} ms. Busy cores: ${busy}.`
    + (memory ? ` Memory: ${Math.round(memory / 1048576)} MB.` : "");
}

function drawLines(svg, series, hasArea) {
  const values = past.flatMap((entry) => series.map((name) => entry[name] ?? 0));
  const top = Math.max(...values, 1e-3) * 1.15;
  const x = (index) => 320 * (pastLength - past.length + index) / (pastLength - 1);
  const y = (value) => 108 - 104 * (value ?? 0) / top;
  const paths = [0, 0.5, 1].map((share) => shape("line", { x1: 0, x2: 320, y1: 4 + 104 * share, y2: 4 + 104 * share }));
  for (const name of series) {
    const points = past.map((entry, index) => `${x(index).toFixed(1)} ${y(entry[name]).toFixed(1)}`);
    const line = `M${points.join("L")}`;
    if (hasArea) paths.push(shape("path", { class: "area", d: `${line}V108H${x(0).toFixed(1)}Z` }));
    paths.push(shape("path", { class: name, d: points.length > 1 ? line : `${line}h.1` }));
  }
  svg.replaceChildren(...paths);
}

function shape(tag, attributes) {
  const result = document.createElementNS(svgNamespace, tag);
  for (const [name, value] of Object.entries(attributes)) result.setAttribute(name, value);
  return result;
}

function drawBatches(sizes) {
  const entries = Object.entries(sizes).map(([size, count]) => [Number(size), count]);
  const chart = $("batch-chart");
  if (entries.length === 0) {
    $("batch").textContent = "–";
    chart.setAttribute("aria-label", "No batches in the last minute");
    return chart.replaceChildren(element("p", "", "nothing in the last minute"));
  }
  const last = Math.max(8, ...entries.map(([size]) => size));
  const most = Math.max(...entries.map(([, count]) => count));
  const counts = Object.fromEntries(entries);
  // Beyond 16 sizes, only those that occur have room.
  const columns = last <= 16 ? Array.from({ length: last }, (_, index) => index + 1) : entries.map(([size]) => size);
  chart.replaceChildren(...columns.map((size) => {
    const column = element("div", "");
    const bar = element("i", "");
    bar.style.height = `${100 * (counts[size] ?? 0) / most}%`;
    column.append(bar, element("span", "", size));
    return column;
  }));
  const batches = entries.reduce((sum, [, count]) => sum + count, 0);
  const pictures = entries.reduce((sum, [size, count]) => sum + size * count, 0);
  $("batch").textContent = `${(pictures / batches).toFixed(1)} on average`;
  chart.setAttribute("aria-label", entries.map(([size, count]) => `${count} of ${size}`).join(", "));
}

async function loadModels() {
  try {
    const { models } = await request("v1/models");
    const chosen = $("model").value;
    $("model").replaceChildren(...models.map((model) => {
      const option = document.createElement("option");
      option.value = model.name;
      option.disabled = model.state !== "ready";
      const precision = model.precision ? `, ${model.precision}` : "";
      option.textContent = model.state === "ready" ? `${model.name}${precision}` : `${model.name} (${model.state})`;
      return option;
    }));
    if (models.some((model) => model.name === chosen)) $("model").value = chosen;
    if (models.some((model) => model.state === "loading")) setTimeout(loadModels, 1000);
  } catch (error) {
    setState("down", error instanceof TypeError ? "cannot be reached" : error.message);
  }
}

// Wiring

$("pick").addEventListener("click", () => $("file").click());
$("file").addEventListener("change", () => choose($("file")));
$("capture").addEventListener("change", () => choose($("capture")));
$("camera").addEventListener("click", takePhoto);
$("paste").addEventListener("click", pasteFromClipboard);
$("shoot").addEventListener("click", shoot);
$("cancel").addEventListener("click", () => $("viewfinder").close());
$("viewfinder").addEventListener("close", closeCamera);
$("copy").addEventListener("click", copyCurl);
$("opacity").addEventListener("input", () => { $("heat").style.opacity = $("opacity").value / 100; });
$("model").addEventListener("change", () => {
  hideHeat();
  if (shown.blob) classify();
});
$("key").addEventListener("change", () => { loadModels(); poll(); });
$("fields").addEventListener("submit", (event) => event.preventDefault());

document.addEventListener("dragover", (event) => {
  event.preventDefault();
  $("drop").classList.add("over");
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) $("drop").classList.remove("over");
});
document.addEventListener("drop", (event) => {
  event.preventDefault();
  $("drop").classList.remove("over");
  const [file] = event.dataTransfer.files;
  if (file) show(file, file.name);
});
document.addEventListener("paste", (event) => {
  const [file] = event.clipboardData.files;
  if (file) show(file, "");
});

if (!navigator.clipboard?.read) $("paste").hidden = true;
loadModels();
poll();
setInterval(poll, 2000);

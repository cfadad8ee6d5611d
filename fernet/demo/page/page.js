"use strict";

const COLORS = ["#56b4e9", "#e69f00", "#009e73", "#f0e442", "#cc79a7", "#d55e00", "#0072b2"];
const element = (id) => document.getElementById(id);
let count = 0;
let stream = null;
let opening = false;

function say(text, isError = false) {
  element("status").textContent = text;
  element("status").classList.toggle("error", isError);
}

async function look(blob) {
  const mine = ++count;
  element("result").hidden = true;
  say("Looking at the photo\u2026");
  try {
    const photo = await taken(blob);
    const answer = await ask(photo);
    const picture = await createImageBitmap(photo);
    // A photo that was chosen later has its own answer.
    if (mine === count) show(answer, picture);
  } catch (error) {
    if (mine === count) say(error.message, true);
  }
}

// A folder, or a file that is gone, is told from a server that is.
async function taken(blob) {
  if (blob.size > 20e6) throw new Error("The file is too large: at most 20 MB are taken.");
  try {
    return new Blob([await blob.arrayBuffer()], { type: blob.type });
  } catch {
    throw new Error("That can't be read: it is a folder, or the file is gone or was changed.");
  }
}

async function ask(photo) {
  let response;
  try {
    const headers = { "Content-Type": photo.type || "application/octet-stream" };
    response = await fetch("recognize", { method: "POST", body: photo, headers });
  } catch {
    throw new Error("The program that serves this page does not answer; is it still running?");
  }
  // A server with too many connections answers in plain text.
  const answer = await response.json().catch(() => ({ error: "the server is busy" }));
  if (!response.ok) throw new Error(`Refused: ${answer.error}.`);
  return answer;
}

function show(answer, picture) {
  const { faces } = answer;
  const many = faces.length === 1 ? "1 face found" : `${faces.length} faces found`;
  say(faces.length ? many : "No face found. Faces of 24 pixels or more are judged best.");
  drawPhoto(answer, picture);
  element("faces").replaceChildren(...faces.map((face, i) => card(answer.emotions, face, i)));
  element("result").hidden = false;
}

function drawPhoto(answer, picture) {
  const canvas = element("photo");
  // No larger than a screen shows; small pictures are blown up for their labels to be read.
  const scale = Math.min(4, 1600 / Math.max(answer.width, answer.height));
  canvas.width = Math.round(answer.width * scale);
  canvas.height = Math.round(answer.height * scale);
  const pen = canvas.getContext("2d");
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  const labels = answer.faces.map((face, i) => `${i + 1} ${shown(face)}`);
  const size = labelSize(pen, labels, canvas);
  pen.textBaseline = "bottom";
  pen.lineWidth = Math.max(2, size / 6);
  answer.faces.forEach((face, i) => {
    const [x, y, w, h] = ["x", "y", "width", "height"].map((key) => face.box[key] * scale);
    pen.strokeStyle = pen.fillStyle = COLORS[i % COLORS.length];
    const turn = (-face.angle * Math.PI) / 180;
    pen.save();
    pen.translate(x + w / 2, y + h / 2);
    pen.rotate(turn);
    const [cos, sin] = [Math.abs(Math.cos(turn)), Math.abs(Math.sin(turn))];
    // A box is as its picture lies: of a face on its side, the height goes from ear to ear.
    const [across, down] = cos < sin ? [h, w] : [w, h];
    pen.strokeRect(-across / 2, -down / 2, across, down);
    pen.restore();
    const top = y + h / 2 - (down * cos + across * sin) / 2;
    const bottom = Math.max(top, size * 1.3);
    const width = pen.measureText(labels[i]).width + size * 0.6;
    const left = Math.max(0, Math.min(x, canvas.width - width));
    pen.fillRect(left, bottom - size * 1.3, width, size * 1.3);
    pen.fillStyle = "#000";
    pen.fillText(labels[i], left + size * 0.3, bottom - size * 0.1);
  });
  const named = answer.faces.map((face, i) => `face ${i + 1}: ${shown(face)}`).join(", ");
  canvas.setAttribute("aria-label", `The photo. ${named || "No face found"}`);
}

// Large enough to be read, and no larger than the picture is wide.
function labelSize(pen, labels, { width, height }) {
  const wanted = Math.max(14, Math.max(width, height) / 40);
  const set = (size) => (pen.font = `600 ${size}px system-ui, sans-serif`);
  set(wanted);
  const widest = Math.max(1, ...labels.map((label) => pen.measureText(label).width));
  const size = wanted * Math.min(1, width / (widest + wanted * 0.6));
  set(size);
  return size;
}

function card(emotions, face, i) {
  const item = element("face").content.cloneNode(true);
  item.querySelector("h3").textContent = `Face ${i + 1}: ${shown(face)}`;
  const crop = item.querySelector(".crop");
  const kind = face.pixels.length === face.side ** 2 ? "grey, " : "";
  crop.setAttribute("aria-label", `Face ${i + 1}, ${kind}${face.side} by ${face.side} pixels`);
  paint(crop, face, null);
  const map = item.querySelector(".map");
  if (face.importance) {
    const text = `orange: covering this makes it look less ${face.emotion}`;
    map.querySelector("figcaption").textContent = text;
    const heat = item.querySelector(".heat");
    heat.setAttribute("aria-label", `Map of what the network looked at; ${text}`);
    paint(heat, face, face.importance);
  } else {
    map.remove();
  }
  item.querySelector(".about").textContent = about(face);
  const most = Math.max(...face.probabilities);
  const rows = emotions.map((name, k) => bar(name, face.probabilities[k], most));
  item.querySelector("tbody").replaceChildren(...rows);
  return item;
}

function shown(face) {
  return face.doubtful ? `${face.emotion} ?` : face.emotion;
}

function about(face) {
  const said = [];
  if (face.score !== null) said.push(`The detector's score is ${face.score.toFixed(2)} of 1.`);
  if (face.angle) said.push(`Turned by ${Math.round(Math.abs(face.angle))}\u00b0, and turned back.`);
  if (face.doubtful) {
    said.push("Doubtful: the face is too small, blurred or cut off to say much of it.");
  } else if (face.quality !== null && face.quality < 0.95) {
    said.push(`Its picture leaves the network ${Math.round(100 * face.quality)} % of its accuracy.`);
  }
  return said.join(" ");
}

function bar(name, probability, most) {
  const row = document.createElement("tr");
  row.classList.toggle("most", probability === most);
  const heading = document.createElement("th");
  heading.scope = "row";
  heading.textContent = name;
  const percent = `${(100 * probability).toFixed(1)} %`;
  const meter = document.createElement("meter");
  meter.value = probability;
  meter.setAttribute("aria-label", `${name}: ${percent}`);
  meter.textContent = percent;
  const cells = [document.createElement("td"), document.createElement("td")];
  cells[0].append(meter);
  cells[1].textContent = percent;
  row.append(heading, ...cells);
  return row;
}

function paint(canvas, { side, pixels }, importance) {
  canvas.width = canvas.height = side;
  const pen = canvas.getContext("2d");
  const image = pen.createImageData(side, side);
  const channels = pixels.length / side ** 2;
  for (let i = 0; i < side ** 2; i++) {
    const share = importance ? 0.75 * (importance[i] / 100) : 0;
    const mixed = [255, 120, 0].map((level, k) => {
      const own = pixels[i * channels + (channels === 3 ? k : 0)];
      return own * (1 - share) + level * share;
    });
    image.data.set([...mixed, 255], 4 * i);
  }
  pen.putImageData(image, 0, 0);
}

async function openCamera() {
  if (!navigator.mediaDevices) return say("This browser gives no page a camera.", true);
  // Of two streams, one would be left on.
  if (opening) return;
  opening = true;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: true });
  } catch (error) {
    say(`The camera can't be opened: ${error.message.replace(/\.$/, "")}.`, true);
    return;
  } finally {
    opening = false;
  }
  element("video").srcObject = stream;
  element("camera").hidden = false;
  element("open").hidden = true;
  element("take").focus();
}

function closeCamera() {
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
  element("video").srcObject = null;
  element("camera").hidden = true;
  element("open").hidden = false;
  element("open").focus();
}

function takePicture() {
  const video = element("video");
  if (!video.videoWidth) return say("The camera gives no picture yet.", true);
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext("2d").drawImage(video, 0, 0);
  canvas.toBlob(look, "image/jpeg", 0.95);
}

function lookAtOne(files) {
  if (files.length === 1) look(files[0]);
  else if (files.length) say(`${files.length} files; one at a time is looked at.`, true);
  else say("There is no photo in that.", true);
}

element("file").addEventListener("change", (event) => lookAtOne(event.target.files));
// So that choosing the same file once more is a change.
element("file").addEventListener("click", (event) => (event.target.value = ""));
element("open").addEventListener("click", openCamera);
element("close").addEventListener("click", closeCamera);
element("take").addEventListener("click", takePicture);
document.addEventListener("paste", (event) => lookAtOne(event.clipboardData.files));
// The whole page takes what is dropped: beside the frame, a browser would leave for the file.
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  element("drop").classList.add("over");
});
document.addEventListener("dragleave", () => element("drop").classList.remove("over"));
document.addEventListener("drop", (event) => {
  event.preventDefault();
  element("drop").classList.remove("over");
  lookAtOne(event.dataTransfer.files);
});

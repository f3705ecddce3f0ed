// Shows /openapi.json (OpenAPI 3.1) as a list. Text only ever enters the page as text.
"use strict";

const METHODS = ["get", "post", "put", "patch", "delete"];

function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

function follow(document_, value) {
  if (!value || typeof value.$ref !== "string") return value ?? {};
  return value.$ref
    .replace(/^#\//, "")
    .split("/")
    .reduce((at, key) => at?.[key.replaceAll("~1", "/").replaceAll("~0", "~")], document_) ?? {};
}

// The type of a schema in one line; a named one links to its table.
function type(schema) {
  if (!schema) return "any";
  if (schema.$ref) {
    const name = schema.$ref.split("/").pop();
    return el("a", { href: `#schema-${name}` }, name);
  }
  const choices = schema.oneOf ?? schema.anyOf ?? schema.allOf;
  if (choices) return join(choices.map(type), schema.allOf ? " and " : " or ");
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.type === "array") return el("span", {}, "list of ", type(schema.items));
  const name = [].concat(schema.type ?? "any").join(" or ");
  return schema.format ? `${name} (${schema.format})` : name;
}

function join(parts, separator) {
  const node = el("span");
  parts.forEach((part, i) => node.append(...(i ? [separator, part] : [part])));
  return node;
}

function table(heads, rows) {
  const head = el("tr", {}, ...heads.map((text) => el("th", { scope: "col" }, text)));
  const body = rows.map((cells) => el("tr", {}, ...cells.map((cell) => el("td", {}, cell))));
  return el("table", {}, el("thead", {}, head), el("tbody", {}, ...body));
}

function section(title, rows, heads) {
  return rows.length ? el("div", {}, el("h4", {}, title), table(heads, rows)) : null;
}

function bodyType(content) {
  const kinds = Object.entries(content ?? {});
  if (!kinds.length) return "none";
  return join(kinds.map(([media, body]) => el("span", {}, type(body.schema), ` as ${media}`)), "; ");
}

function operation(document_, path, method, shared, op) {
  const parameters = [...(shared ?? []), ...(op.parameters ?? [])]
    .map((parameter) => follow(document_, parameter))
    .map((p) => [el("code", {}, p.name), p.in, type(p.schema), p.required ? "yes" : "no", p.description ?? ""]);
  const request = op.requestBody ? follow(document_, op.requestBody) : null;
  const responses = Object.entries(op.responses ?? {}).map(([status, response]) => {
    const answer = follow(document_, response);
    return [status, answer.description ?? "", bodyType(answer.content)];
  });
  const open = (op.security ?? document_.security ?? []).length === 0;
  return el(
    "details",
    { id: anchor(method, path) },
    el("summary", {},
      el("span", { class: "method" }, method.toUpperCase()),
      el("span", { class: "path" }, path), " ",
      el("span", { class: "note" }, op.summary ?? "")),
    el("p", {}, op.description ?? ""),
    el("p", { class: "note" }, open ? "No session needed." : "Needs a session."),
    section("Parameters", parameters, ["Name", "In", "Type", "Required", "Meaning"]),
    request ? el("div", {}, el("h4", {}, "Request body"), bodyType(request.content)) : null,
    section("Responses", responses, ["Status", "Meaning", "Body"]),
  );
}

function anchor(method, path) {
  return `${method}-${path.replaceAll(/[^A-Za-z0-9]+/g, "-")}`;
}

function schema(name, value) {
  const required = new Set(value.required ?? []);
  const rows = Object.entries(value.properties ?? {}).map(([field, inner]) => [
    el("code", {}, field), type(inner), required.has(field) ? "yes" : "no", inner.description ?? "",
  ]);
  return el(
    "details",
    { id: `schema-${name}` },
    el("summary", {}, el("code", {}, name)),
    el("p", {}, value.description ?? ""),
    rows.length ? table(["Field", "Type", "Required", "Meaning"], rows) : el("p", { class: "type" }, type(value)),
  );
}

function show(document_) {
  const at = (id) => document.getElementById(id);
  const title = [document_.info?.title ?? "API", document_.info?.version].filter(Boolean).join(" ");
  document.title = title;
  at("title").textContent = title;
  at("description").textContent = document_.info?.description ?? "";
  const links = [];
  const operations = [];
  for (const [path, item] of Object.entries(document_.paths ?? {})) {
    for (const method of METHODS.filter((name) => item[name])) {
      const text = `${method.toUpperCase()} ${path}`;
      links.push(el("li", {}, el("a", { href: `#${anchor(method, path)}`, class: "path" }, text)));
      operations.push(operation(document_, path, method, item.parameters, item[method]));
    }
  }
  at("index").replaceChildren(el("ul", {}, ...links));
  at("operations").replaceChildren(el("h2", {}, "Operations"), ...operations);
  const schemas = Object.entries(document_.components?.schemas ?? {});
  at("schemas").replaceChildren(el("h2", {}, "Schemas"), ...schemas.map(([name, value]) => schema(name, value)));
  addEventListener("hashchange", unfold);
  unfold();
}

// A link leads to an entry that is folded; it should be read, not hunted for.
function unfold() {
  const entry = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (entry instanceof HTMLDetailsElement) entry.open = true;
}

fetch("/openapi.json")
  .then((response) => (response.ok ? response.json() : Promise.reject(new Error(`status ${response.status}`))))
  .then(show)
  .catch((error) => {
    document.getElementById("state").textContent = `/openapi.json could not be read: ${error.message}`;
  });

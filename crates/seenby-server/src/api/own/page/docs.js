// Shows openapi.json. Everything is put in as text, so nothing in the document can become markup.
"use strict";

const element = (tag, attributes = {}, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
};

// Words in backquotes are code.
const prose = (text = "") =>
  element("span", {}, ...text.split("`").map((part, place) => (place % 2 ? element("code", {}, part) : part)));

const table = (heads, rows) =>
  element("table", {},
    element("thead", {}, element("tr", {}, ...heads.map((head) => element("th", {}, head)))),
    element("tbody", {}, ...rows.map((row) => element("tr", {}, ...row.map((cell) => element("td", {}, cell))))));

const METHODS = ["get", "put", "post", "patch", "delete"];
const nameOf = (reference) => reference.split("/").pop();

// A schema in a few words; what has a name links to it.
const typeOf = (schema) => {
  if (!schema) return "";
  if (schema.$ref) return element("a", { href: `#schema-${nameOf(schema.$ref)}` }, nameOf(schema.$ref));
  const parts = schema.oneOf || schema.anyOf || schema.allOf;
  if (parts) {
    const shown = parts.filter((part) => part.type !== "null").flatMap((part) => [" or ", typeOf(part)]);
    return element("span", {}, ...shown.slice(1));
  }
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(", ");
  const types = [schema.type].flat().filter((type) => type && type !== "null");
  if (types.includes("array")) return element("span", {}, "list of ", typeOf(schema.items));
  return element("span", {}, types.join(" or ") || "anything", element("span", { class: "quiet" }, limitsOf(schema)));
};

const limitsOf = (schema) => {
  const limits = ["minLength", "maxLength", "minimum", "maximum", "default"].filter((name) => name in schema);
  return limits.length ? ` (${limits.map((name) => `${name} ${schema[name]}`).join(", ")})` : "";
};

const membersOf = (schema) => {
  const required = new Set(schema.required || []);
  const rows = Object.entries(schema.properties || {}).map(([name, member]) =>
    [element("code", {}, name), required.has(name) ? "" : "may be left out", typeOf(member), prose(member.description)]);
  return rows.length ? table(["member", "", "type", ""], rows) : element("p", {}, typeOf(schema));
};

const callSection = (root, method, path, call) => {
  const parameters = (call.parameters || []).map((parameter) =>
    [element("code", {}, parameter.name), parameter.in, parameter.required ? "" : "may be left out",
      typeOf(parameter.schema), prose(parameter.description)]);
  const body = call.requestBody?.content?.["application/json"]?.schema;
  const answers = Object.entries(call.responses).map(([status, answer]) => {
    const schema = Object.values(answer.content || {})[0]?.schema;
    return [status, prose(answer.description), typeOf(schema)];
  });
  return element("section", { id: call.operationId },
    element("h3", {}, call.summary || call.operationId),
    element("p", {}, element("span", { class: `method ${method}` }, method), element("code", {}, root + path)),
    call.description ? element("p", {}, prose(call.description)) : null,
    parameters.length ? table(["parameter", "in", "", "type", ""], parameters) : null,
    body ? element("p", {}, "Body: ", typeOf(body)) : null,
    table(["status", "", "body"], answers));
};

const show = (description) => {
  const root = description.servers?.[0]?.url || "";
  const [calls, main] = ["calls", "document"].map((id) => document.getElementById(id));
  const sections = [];
  for (const tag of description.tags || []) {
    calls.append(element("h2", {}, tag.name));
    sections.push(element("h2", {}, tag.name), element("p", {}, prose(tag.description)));
    for (const [path, item] of Object.entries(description.paths)) {
      for (const method of METHODS.filter((method) => item[method]?.tags?.includes(tag.name))) {
        const call = item[method];
        calls.append(element("a", { href: `#${call.operationId}` },
          element("span", { class: `method ${method}` }, method), call.summary || call.operationId));
        sections.push(callSection(root, method, path, call));
      }
    }
  }
  const shapes = Object.entries(description.components?.schemas || {}).map(([name, schema]) =>
    element("section", { id: `schema-${name}` }, element("h3", {}, name),
      schema.description ? element("p", {}, prose(schema.description)) : null, membersOf(schema)));
  main.replaceChildren(
    element("h1", {}, `${description.info.title} ${description.info.version}`),
    element("p", {}, prose(description.info.description)),
    element("p", {}, element("a", { href: "openapi.json" }, "openapi.json"), ", OpenAPI ", description.openapi),
    ...sections, element("h2", {}, "shapes"), ...shapes);
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
};

fetch("openapi.json")
  .then((response) => response.json())
  .then(show)
  .catch((error) => { document.getElementById("document").textContent = `The document could not be shown: ${error}`; });

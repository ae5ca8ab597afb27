// The API's explorer, from our own assets: mounts on `<div id="graphiql" data-endpoint="/graphql/">`.
// A CSRF token, if the page gives one (`data-csrf`), is sent back in `X-CSRFToken`.
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL } from "graphiql";
import "graphiql/style.css";
import { createRoot } from "react-dom/client";
import "./graphiql.css";

function mount() {
  const place = document.getElementById("graphiql");
  if (!place) return;
  const { endpoint = location.pathname, csrf, query } = place.dataset;
  const fetcher = createGraphiQLFetcher({
    url: new URL(endpoint, location.href).href,
    headers: csrf ? { "X-CSRFToken": csrf } : {},
  });
  createRoot(place).render(<GraphiQL fetcher={fetcher} defaultQuery={query} />);
}

if (document.readyState === "loading") {
  document.addEventListener("DOMContentLoaded", mount);
} else {
  mount();
}

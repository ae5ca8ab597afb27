"""Netlify's own parsers and matcher from npm, for what `_headers` and `_redirects` mean."""

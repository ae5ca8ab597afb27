const FILES = {{ ["/offline/"] | json_ld }};

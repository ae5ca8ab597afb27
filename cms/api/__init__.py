"""The public GraphQL door."""

"""Scripts that rebuild what is committed under `app/web/static`."""

"""What the browser receives: base templates, static files, service worker."""

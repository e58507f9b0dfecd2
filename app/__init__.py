"""The Flask application: `create_app()` wires, nothing else."""

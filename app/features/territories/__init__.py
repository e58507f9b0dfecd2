"""Where: territories, zones, services, categories, rules, town packs."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the slice's addresses, and tell the shared pages which town a request is for."""
    from app.features.territories import api, api_geocode, basemaps, hosts, legal, outlines, sites

    app.register_blueprint(api.blueprint)
    app.register_blueprint(api_geocode.blueprint)
    app.register_blueprint(basemaps.blueprint)
    app.register_blueprint(outlines.blueprint)
    app.register_blueprint(legal.blueprint)
    app.extensions["auzolan.site"] = sites.site
    app.extensions["auzolan.host_reach"] = hosts.host_reach
    app.extensions["auzolan.host_site"] = hosts.host_site

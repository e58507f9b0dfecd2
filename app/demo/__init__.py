"""The demo town: Monaco and Beausoleil with two years of an imagined but plausible life on real streets.

`ground` knows where things may be, `words` what people write, `past` who said what and when, `lives` how the services
answered, `pictures` draws what people photographed, `writing` puts it all into the database through the code that
places real contributions, `loading` does everything in order. The same seed and the same day give the same town.
"""

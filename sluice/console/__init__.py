"""The console: pages in the browser that show a stack's pipelines at work, and let a person act.

A browser reaches `serving`, which runs `application`: `access` lets nobody else in, `pages` answer. Each page asks the
functions that the commands ask, and shows what they say by a template.
"""

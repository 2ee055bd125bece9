"""The console: pages in the browser that show a stack's pipelines at work, and let a person act.

A browser reaches `serving`, which runs `application`; `access` lets nobody else in, and `pages` answer. Each page calls
the functions that the commands call, and shows their results with a template.
"""

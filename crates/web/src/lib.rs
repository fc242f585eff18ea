//! Public pages: routes, templates, locales.

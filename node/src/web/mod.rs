//! Pages, for the desk of an office and the console of the hub: server-side HTML, forms that work without scripts, live
//! updates by server-sent events, one small script, one stylesheet.
//!
//! A page is a function from a [`Visit`] to an [`Answer`]. Routes stand in tables with the right that each requires
//! ([`route`]); a path in no table is not served. Pages contain no rules: the records say which moves are allowed, and
//! moves go through the same commands as on the command line.

pub mod assets;
pub mod export;
pub mod fault;
pub mod form;
pub mod guard;
pub mod listen;
pub mod markdown;
mod pack;
pub mod page;
pub mod parts;
pub mod posted;
mod renewal;
pub mod route;
pub mod router;
mod serve;
pub mod shared;
pub mod site;
pub mod table;
pub mod times;
pub mod visit;

pub use fault::{Answer, Fault};
pub use form::Form;
pub use posted::Posted;
pub use route::Route;
pub use site::{House, Nav, Site};
pub use visit::Visit;

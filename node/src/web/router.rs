//! Request handling: session, right, handler. Makes a router of tables of routes.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, FromRequestParts, RawPathParams, Request};
use axum::http::{Method, StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{MethodRouter, get, post};
use truc_proto::limits;

use crate::accounts::{Realm, Role, Token};
use crate::blocking::in_place;
use crate::command::house;
use crate::words::Lang;
use crate::words::failure::{ExitCode, Failure};

use super::fault::Fault;
use super::form::pairs;
use super::posted::{Brings, Posted, Unusable};
use super::route::{Handler, Need, Route, WATCH_BEGIN};
use super::serve::Source;
use super::site::Site;
use super::visit::{Visit, encoded};
use super::{guard, pack, shared};

/// The router of a table of routes.
pub fn router(site: &Arc<Site>, routes: Vec<Route>) -> Router {
    let mut router = Router::new();
    for route in routes {
        let site = Arc::clone(site);
        let (method, path) = (route.method(), route.path.clone());
        let serve = move |request: Request| serve(Arc::clone(&site), route.clone(), request);
        let service: MethodRouter = if method == Method::GET { get(serve) } else { post(serve) };
        router = router.route(&path, service);
    }
    let lost = Arc::clone(site);
    let nothing = move |request: Request| {
        let route = Route::get("", Need::Account, async |_| Err(Fault::NotFound));
        serve(Arc::clone(&lost), route, request)
    };
    // A known path with an unlisted method is "not found" too.
    router
        .method_not_allowed_fallback(nothing.clone())
        .fallback(nothing)
        .layer(middleware::from_fn(guard::headers))
        .layer(middleware::from_fn(pack::layer))
        .layer(guard::limits())
}

async fn serve(site: Arc<Site>, route: Route, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let lang = accepted_language(&parts.headers);
    if !site.secure && guard::proxied(&parts.headers) {
        return (StatusCode::FORBIDDEN, crate::say!(lang, "page-proxied")).into_response();
    }
    if route.method() == Method::POST
        && !guard::same_origin(&parts.headers, guard::host(&parts.uri, &parts.headers))
    {
        return (StatusCode::FORBIDDEN, crate::say!(lang, "page-foreign")).into_response();
    }
    let watch = route.need == Need::Watch;
    let token = cookie(&parts.headers, &if watch { site.watch_cookie() } else { site.cookie() });
    let shown = parts.headers.get(guard::LIVE).map(|shown| shown.to_str().unwrap_or_default().to_owned());
    let live = shown.is_some();
    let params = RawPathParams::from_request_parts(&mut parts, &()).await;
    let params: HashMap<String, String> = params
        .map(|all| all.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
        .unwrap_or_default();
    let query = parts.uri.query().unwrap_or_default();
    let query = pairs(query.as_bytes());
    let source = parts.extensions.get::<ConnectInfo<Source>>();
    let now = site.house.office().time().millis() as i64;
    let known = site.known();
    let session = match &token {
        Some(token) if watch => site.accounts.watch(token, now as u64 / 1000),
        // A page that renews itself must not keep its session alive.
        Some(token) if live => in_place(|| site.accounts.peek(token, now as u64 / 1000)),
        Some(token) => in_place(|| site.accounts.session(token, now as u64 / 1000)),
        None => Ok(None),
    };
    let mut visit = Visit {
        site,
        session: None,
        guest: false,
        token,
        source: source.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |source| source.0.0.ip()),
        host: guard::host(&parts.uri, &parts.headers).to_owned(),
        path: parts.uri.path().to_owned(),
        query,
        params,
        known,
        shown,
        lang,
        now,
    };
    match session {
        Ok(Some(session)) => {
            visit.lang = session.account.lang;
            visit.session = Some(session);
            visit.guest = match guest(&visit) {
                Ok(guest) => guest,
                Err(failure) => return Fault::from(failure).page(&visit),
            };
        }
        Ok(None) => visit.token = None,
        Err(failure) => return Fault::from(failure).page(&visit),
    }
    let refused = match route.need {
        Need::Nothing => None,
        _ if visit.session.is_none() => Some(None),
        Need::Watch => None,
        _ if detour(&visit).is_some() => {
            return Redirect::to(detour(&visit).unwrap_or("/me")).into_response();
        }
        Need::Account => None,
        Need::Right(_) if visit.guest && !route.guests => Some(Some(Fault::NotFound)),
        Need::Right(right) if visit.may(right) => None,
        Need::Right(_) => Some(Some(Fault::NotFound)),
    };
    let answer = match (&route.handler, refused) {
        (_, Some(Some(fault))) => return fault.page(&visit),
        (Handler::Get(_), Some(None)) => {
            let asked = parts.uri.path_and_query().map_or("/", |asked| asked.as_str());
            let back = if watch { WATCH_BEGIN } else { asked };
            return Redirect::to(&format!("/login?next={}", encoded(back))).into_response();
        }
        (Handler::Get(_), None) if matches!(route.need, Need::Right(_)) && rebuilding(&visit) => {
            return Fault::from(Failure::new(ExitCode::Store, "views-behind")).page(&visit);
        }
        (Handler::Get(page), None) => match shared::drafts::lead(&visit, route.text) {
            Ok(None) => page(visit.clone()).await,
            Ok(Some(elsewhere)) => Ok(elsewhere),
            Err(failure) => Err(failure.into()),
        },
        (Handler::Post(deed), refused) => {
            let request = Request::from_parts(parts, body);
            let brings = Brings { files: route.files, inward: route.inward };
            let posted = match Posted::read(&visit, brings, request).await {
                Ok(posted) => posted,
                Err(Unusable(failure)) => return Fault::from(failure).page(&visit),
            };
            if refused.is_some() {
                let back = filled(&route.back, &visit);
                return shared::login::session_ended(&visit, &posted, route.text, back);
            }
            // Whoever signs in has no session yet, or that of somebody else who sat here: the origin was checked.
            let anybody = route.need == Need::Nothing;
            if !anybody && visit.session.is_some() && !posted.is_of(visit.csrf()) {
                return shared::drafts::stale(&visit, &posted, route.text);
            }
            shared::drafts::once(&visit, posted, route.text, &**deed).await
        }
    };
    answer.unwrap_or_else(|fault| fault.page(&visit))
}

/// Whether the account is a guest's. Administrators, who may be people of the house, are none, and a console has no house.
fn guest(visit: &Visit) -> Result<bool, Failure> {
    let administers = visit.account().is_some_and(|account| account.role == Role::Administrator);
    if visit.session.is_none() || visit.site.realm == Realm::Console || administers {
        return Ok(false);
    }
    visit.within(|context| Ok(house::known(context)?.is_guest(visit.author(), context.today())))
}

/// A path with the visit's parameters in the place of its placeholders.
fn filled(path: &str, visit: &Visit) -> String {
    let part = |part: &str| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
        Some(name) => encoded(visit.param(name)),
        None => part.to_owned(),
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// The page where an account must go first: to change a password that others know; or, if reached from another machine,
/// to set up a second factor (administrators, and everybody at the console; ASVS 5.0, 6.3.3).
fn detour(visit: &Visit) -> Option<&'static str> {
    let session = visit.session.as_ref()?;
    let account = &session.account;
    let path = visit.path.as_str();
    if path == "/logout" {
        return None;
    }
    if session.must_change {
        return (path != "/me/password").then_some("/me/password");
    }
    let strict = visit.site.realm == Realm::Console || account.role == Role::Administrator;
    let free = ["/me/factor", "/me/passkey", "/me/password"].iter().any(|free| path.starts_with(free));
    (visit.site.secure && strict && !account.second_factor && !free).then_some("/me/factor")
}

/// Whether the views are far behind the journal, as while they are rebuilt after an upgrade or repair: pages would show
/// only a part.
fn rebuilding(visit: &Visit) -> bool {
    let end = visit.office().reached().map(|reached| reached.borrow().end.position).unwrap_or(0);
    let folded = visit.office().folded().map(|folded| *folded.borrow()).unwrap_or(end);
    end.saturating_sub(folded) > limits::VIEWS_BEHIND
}

fn cookie(headers: &axum::http::HeaderMap, name: &str) -> Option<Token> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .and_then(|(_, value)| value.parse().ok())
}

/// English only if the browser prefers it to Vietnamese; otherwise Vietnamese.
fn accepted_language(headers: &axum::http::HeaderMap) -> Lang {
    let asked =
        headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let first = asked.split(',').map(str::trim).find(|lang| lang.starts_with("vi") || lang.starts_with("en"));
    if first.is_some_and(|lang| lang.starts_with("en")) { Lang::En } else { Lang::Vi }
}

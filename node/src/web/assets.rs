//! The stylesheet, the scripts and the logo, compiled in. Their addresses contain their hash, so browsers cache them for
//! ever and still load a new version at once.

use std::sync::LazyLock;

use axum::http::header;
use axum::response::IntoResponse;
use flate2::Compression;
use sha2::{Digest, Sha256};

use super::fault::{Answer, Fault};
use super::pack::{Packed, pack};

/// An embedded file.
struct Asset {
    name: &'static str,
    kind: &'static str,
    bytes: &'static [u8],
}

/// The stylesheet. The dark colours hold where the browser wants them and where the account does.
const STYLE: &str = concat!(
    include_str!("assets/truc.css"),
    "@media screen and (prefers-color-scheme:dark){:root:not([data-theme=light]){",
    include_str!("assets/dark.css"),
    "}}\n@media screen{:root[data-theme=dark]{",
    include_str!("assets/dark.css"),
    "}}\n",
);

const ASSETS: &[Asset] = &[
    Asset { name: "truc.css", kind: "text/css; charset=utf-8", bytes: STYLE.as_bytes() },
    Asset {
        name: "truc.js",
        kind: "text/javascript; charset=utf-8",
        bytes: include_bytes!("assets/truc.js"),
    },
    Asset {
        name: "forms.js",
        kind: "text/javascript; charset=utf-8",
        bytes: include_bytes!("assets/forms.js"),
    },
    Asset { name: "truc.svg", kind: "image/svg+xml", bytes: include_bytes!("assets/truc.svg") },
];

/// Name and address of each file.
static ADDRESSES: LazyLock<Vec<(&'static str, String)>> = LazyLock::new(|| {
    let address = |asset: &Asset| {
        let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(asset.bytes)[..8]);
        (asset.name, format!("/assets/{hash}/{}", asset.name))
    };
    ASSETS.iter().map(address).collect()
});

/// The files packed as small as can be, once.
static PACKED: LazyLock<Vec<(&'static str, Vec<u8>)>> = LazyLock::new(|| {
    ASSETS.iter().map(|asset| (asset.name, pack(asset.bytes, Compression::best()))).collect()
});

/// The address of a file.
pub fn address(name: &str) -> &'static str {
    ADDRESSES.iter().find(|(known, _)| *known == name).map_or("", |(_, address)| address)
}

/// The response with a file.
pub(super) fn file(name: &str) -> Answer {
    let asset = ASSETS.iter().find(|asset| asset.name == name).ok_or(Fault::NotFound)?;
    let headers =
        [(header::CONTENT_TYPE, asset.kind), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
    let packed = PACKED.iter().find(|(known, _)| *known == name).map(|(_, packed)| Packed(packed));
    let mut response = (headers, asset.bytes).into_response();
    packed.and_then(|packed| response.extensions_mut().insert(packed));
    Ok(response)
}

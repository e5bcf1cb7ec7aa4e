//! Markdown of papers to HTML. HTML in the text is escaped, so nobody can put tags into pages, and links are kept only
//! if the reader sees where they lead.

use maud::{Markup, PreEscaped};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, html};

/// The HTML of a paper's text.
pub fn paper(text: &str) -> Markup {
    let parser = Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH);
    let mut depth = 0;
    let events = parser.filter_map(|event| {
        Some(match event {
            Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
            // Pictures would be loaded from other sites: only their alternative text is kept.
            Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => return None,
            Event::Start(Tag::Link { ref dest_url, .. }) if !is_plain(dest_url) => {
                depth += 1;
                return None;
            }
            Event::End(TagEnd::Link) if depth > 0 => {
                depth -= 1;
                return None;
            }
            // Headings of a paper are lowered to stand below those of the page.
            Event::Start(Tag::Heading { level, id, classes, attrs }) => {
                Event::Start(Tag::Heading { level: lower(level), id, classes, attrs })
            }
            Event::End(TagEnd::Heading(level)) => Event::End(TagEnd::Heading(lower(level))),
            other => other,
        })
    });
    let mut out = String::with_capacity(text.len() * 2);
    html::push_html(&mut out, events);
    // A wide table gets a scrolling frame. `<` in the text is escaped, so this only matches tags generated here.
    out = out.replace("<table>", "<div class=\"tw\" tabindex=\"0\"><table>");
    out = out.replace("</table>", "</table></div>");
    // Column alignment is generated as inline style, which the content security policy forbids.
    for cell in ["td", "th"] {
        for side in ["left", "center", "right"] {
            let (styled, named) =
                (format!("<{cell} style=\"text-align: {side}\">"), format!("<{cell} class=\"{side}\">"));
            out = out.replace(&styled, &named);
        }
    }
    PreEscaped(out)
}

fn is_plain(address: &str) -> bool {
    ["https://", "http://", "mailto:"].iter().any(|scheme| address.starts_with(scheme))
}

fn lower(level: pulldown_cmark::HeadingLevel) -> pulldown_cmark::HeadingLevel {
    use pulldown_cmark::HeadingLevel::{H1, H2, H3, H4, H5, H6};
    match level {
        H1 => H2,
        H2 => H3,
        H3 => H4,
        H4 => H5,
        H5 | H6 => H6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paper_keeps_its_form() {
        let html = paper("# Kính gửi\n\n1. **Các cấp ủy** hoãn họp\n2. Báo cáo\n").into_string();
        assert!(html.contains("<h2>Kính gửi</h2>") && html.contains("<strong>Các cấp ủy</strong>"), "{html}");
    }

    #[test]
    fn tables_are_aligned_without_styles() {
        let html = paper("| a | b |\n|:-:|--:|\n| <td style=\"text-align: right\"> | 2 |\n").into_string();
        assert!(
            html.contains("<td class=\"right\">2</td>") && html.contains("<td class=\"center\">"),
            "{html}"
        );
        assert!(html.contains("style=\"text-align: right\"&gt;</td>"), "what a paper says stays: {html}");
        assert_eq!(html.matches("style").count(), 1, "{html}");
    }

    #[test]
    fn nothing_in_it_becomes_markup_of_ours() {
        let hostile = "Text <script>alert(1)</script> <img src=x onerror=alert(1)> [x](javascript:alert(1)) \
                       ![p](http://elsewhere/p.png)\n\n<div onclick=x>y</div>";
        let html = paper(hostile).into_string();
        for bad in ["<script", "<img", "javascript:\"", "href=\"javascript", "<div", "elsewhere"] {
            assert!(!html.contains(bad), "{bad}: {html}");
        }
    }
}

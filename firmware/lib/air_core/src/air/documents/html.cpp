#include "air/documents/html.h"

namespace air {

void put_escaped(TextWriter& text, const char* plain) {
  for (; *plain != '\0'; ++plain) {
    switch (*plain) {
      case '&':
        text.put("&amp;");
        break;
      case '<':
        text.put("&lt;");
        break;
      case '>':
        text.put("&gt;");
        break;
      case '"':
        text.put("&quot;");
        break;
      case '\'':
        text.put("&#39;");
        break;
      default:
        text.put(*plain);
    }
  }
}

void begin_page(TextWriter& text, const char* heading, FlashText head) {
  text.put(AIR_FLASH(
      "<!DOCTYPE html><html lang=en><meta charset=utf-8>"
      "<meta name=viewport content=\"width=device-width\"><title>Air State</title>"
      "<style>:root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;max-width:26rem;"
      "margin:1rem auto;padding:0 1rem}label{display:block;margin-top:1rem}small{display:block}"
      "input:not([type=checkbox]),button{box-sizing:border-box;width:100%;padding:.6rem;font:inherit}"
      "button{margin-top:1.5rem}p[role]{border-left:.3rem solid #c62828;padding-left:.7rem}</style>"));
  text.put(head).put("<h1>");
  put_escaped(text, heading);
  text.put("</h1>");
}

}  // namespace air

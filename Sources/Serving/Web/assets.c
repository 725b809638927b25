// The compiler reads the files themselves (`#embed`, C23), which takes milliseconds; SwiftPM's own way, a Swift array
// literal of every byte, takes seconds for each build of the module.
#include "CWebAssets.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

#define BYTES(name) static const unsigned char name[] =

BYTES(index_html) {
#embed "index.html"
};
BYTES(admin_html) {
#embed "admin.html"
};
BYTES(icon_svg) {
#embed "icon.svg"
};
BYTES(openapi_json) {
#embed "openapi.json"
};
BYTES(styles_admin_css) {
#embed "styles/admin.css"
};
BYTES(styles_app_css) {
#embed "styles/app.css"
};
BYTES(styles_base_css) {
#embed "styles/base.css"
};
BYTES(app_api_js) {
#embed "app/api.js"
};
BYTES(app_bar_js) {
#embed "app/bar.js"
};
BYTES(app_before_paint_js) {
#embed "app/before-paint.js"
};
BYTES(app_covers_js) {
#embed "app/covers.js"
};
BYTES(app_dom_js) {
#embed "app/dom.js"
};
BYTES(app_home_js) {
#embed "app/home.js"
};
BYTES(app_keys_js) {
#embed "app/keys.js"
};
BYTES(app_listener_js) {
#embed "app/listener.js"
};
BYTES(app_listens_js) {
#embed "app/listens.js"
};
BYTES(app_main_js) {
#embed "app/main.js"
};
BYTES(app_notices_js) {
#embed "app/notices.js"
};
BYTES(app_player_js) {
#embed "app/player.js"
};
BYTES(app_ratings_js) {
#embed "app/ratings.js"
};
BYTES(app_search_js) {
#embed "app/search.js"
};
BYTES(app_seed_js) {
#embed "app/seed.js"
};
BYTES(app_shelf_js) {
#embed "app/shelf.js"
};
BYTES(app_song_js) {
#embed "app/song.js"
};
BYTES(app_songs_js) {
#embed "app/songs.js"
};
BYTES(app_sound_js) {
#embed "app/sound.js"
};
BYTES(app_storage_js) {
#embed "app/storage.js"
};
BYTES(app_theme_js) {
#embed "app/theme.js"
};
BYTES(app_tones_js) {
#embed "app/tones.js"
};
BYTES(app_welcome_js) {
#embed "app/welcome.js"
};
BYTES(admin_charts_js) {
#embed "admin/charts.js"
};
BYTES(admin_figures_js) {
#embed "admin/figures.js"
};
BYTES(admin_main_js) {
#embed "admin/main.js"
};
BYTES(admin_panels_js) {
#embed "admin/panels.js"
};

#define HTML "text/html; charset=utf-8"
#define STYLE "text/css; charset=utf-8"
#define SCRIPT "text/javascript; charset=utf-8"
#define ASSET(path, type, name) {path, type, name, sizeof name}

static const struct web_asset assets[] = {
    ASSET("/", HTML, index_html),
    ASSET("/admin", HTML, admin_html),
    ASSET("/icon.svg", "image/svg+xml", icon_svg),
    ASSET("/openapi.json", "application/json", openapi_json),
    ASSET("/styles/admin.css", STYLE, styles_admin_css),
    ASSET("/styles/app.css", STYLE, styles_app_css),
    ASSET("/styles/base.css", STYLE, styles_base_css),
    ASSET("/app/api.js", SCRIPT, app_api_js),
    ASSET("/app/bar.js", SCRIPT, app_bar_js),
    ASSET("/app/before-paint.js", SCRIPT, app_before_paint_js),
    ASSET("/app/covers.js", SCRIPT, app_covers_js),
    ASSET("/app/dom.js", SCRIPT, app_dom_js),
    ASSET("/app/home.js", SCRIPT, app_home_js),
    ASSET("/app/keys.js", SCRIPT, app_keys_js),
    ASSET("/app/listener.js", SCRIPT, app_listener_js),
    ASSET("/app/listens.js", SCRIPT, app_listens_js),
    ASSET("/app/main.js", SCRIPT, app_main_js),
    ASSET("/app/notices.js", SCRIPT, app_notices_js),
    ASSET("/app/player.js", SCRIPT, app_player_js),
    ASSET("/app/ratings.js", SCRIPT, app_ratings_js),
    ASSET("/app/search.js", SCRIPT, app_search_js),
    ASSET("/app/seed.js", SCRIPT, app_seed_js),
    ASSET("/app/shelf.js", SCRIPT, app_shelf_js),
    ASSET("/app/song.js", SCRIPT, app_song_js),
    ASSET("/app/songs.js", SCRIPT, app_songs_js),
    ASSET("/app/sound.js", SCRIPT, app_sound_js),
    ASSET("/app/storage.js", SCRIPT, app_storage_js),
    ASSET("/app/theme.js", SCRIPT, app_theme_js),
    ASSET("/app/tones.js", SCRIPT, app_tones_js),
    ASSET("/app/welcome.js", SCRIPT, app_welcome_js),
    ASSET("/admin/charts.js", SCRIPT, admin_charts_js),
    ASSET("/admin/figures.js", SCRIPT, admin_figures_js),
    ASSET("/admin/main.js", SCRIPT, admin_main_js),
    ASSET("/admin/panels.js", SCRIPT, admin_panels_js),
};

const struct web_asset *web_assets(void) { return assets; }
size_t web_asset_count(void) { return sizeof assets / sizeof assets[0]; }

# frozen_string_literal: true

# A Rails application on loopback that answers like a Mastodon server: Doorkeeper, the OAuth engine inside Mastodon, configured as
# Mastodon configures it, and the few routes that a client asks. Sign-in knows alice and bob; the password is `password`.
#
# E2E_VERSION is the version it claims. Before 4.3 there is no metadata document and no column for PKCE, as in Mastodon. Without
# it this is no Mastodon, but Doorkeeper with refresh tokens, whose one client is doorkeeper-rotate: access tokens live for 30 s,
# and a refresh token is revoked as soon as the access token that came of it is used. E2E_CALLBACK is the base of its redirect URI.
# E2E_STATE is a directory of this run. Prints `ready URL`, and ends when its standard input does. /e2e/ is for the test
# alone: it shows and forgets what an administrator could, and tells how often our binary has asked for tokens.

require "logger"
require "rails"
require "action_controller/railtie"
require "active_record/railtie"
require "doorkeeper"
require "rack/handler/webrick"

STATE = ENV.fetch("E2E_STATE")
VERSION = ENV["E2E_VERSION"]
MASTODON = !VERSION.nil?
MODERN = !MASTODON || Gem::Version.new(VERSION) >= Gem::Version.new("4.3")
# Doorkeeper takes whoever has an id and a key for an owner.
Person = Struct.new(:id, :name) { def to_key = [id] }
PEOPLE = [Person.new(1, "alice"), Person.new(2, "bob")].freeze
# Mastodon's, without those for administrators.
WRITES = %w[accounts blocks bookmarks conversations favourites filters follows lists media mutes notifications reports statuses].freeze
READS = %w[accounts blocks bookmarks favourites filters follows lists mutes notifications search statuses].freeze
SCOPES = ["write", "follow", "push", *WRITES.map { |what| "write:#{what}" }, *READS.map { |what| "read:#{what}" }].freeze

ENV["DATABASE_URL"] = "sqlite3:#{STATE}/doorkeeper-#{VERSION || 'itself'}.sqlite3"
Rails.env = "production"

class Mastodonlike < Rails::Application
  config.root = STATE
  config.load_defaults 6.1
  config.eager_load = false
  config.secret_key_base = "the cookies of one run"
  config.logger = Logger.new($stderr)
  config.log_level = :info
  config.hosts.clear
  config.session_store :cookie_store, key: "_session"
  config.action_dispatch.show_exceptions = true
  config.i18n.available_locales = [:en]
end

Doorkeeper.configure do
  orm :active_record
  resource_owner_authenticator do
    PEOPLE.find { |person| person.id == session[:person] } || begin
      session[:return_to] = request.fullpath
      redirect_to("/auth/sign_in")
      nil
    end
  end
  base_controller "ActionController::Base"
  access_token_expires_in(MASTODON ? nil : 30)
  MASTODON ? reuse_access_token : use_refresh_token
  force_ssl_in_redirect_uri false
  forbid_redirect_uri { |uri| %w[data vbscript javascript].include?(uri.scheme.to_s.downcase) }
  default_scopes :read
  optional_scopes(*SCOPES, *(MODERN ? [:profile] : []))
  enforce_configured_scopes
  grant_flows %w[authorization_code client_credentials]
  realm "Doorkeeper"
end

Mastodonlike.initialize!

# Client and grant type of every request for a token that our binary has made.
ASKED = Queue.new
ActiveSupport::Notifications.subscribe("process_action.action_controller") do |*, asked|
  params, headers = asked.values_at(:params, :headers)
  ours = headers["User-Agent"].to_s.start_with?("grantkeep/") && asked[:controller] == "Doorkeeper::TokensController"
  next unless ours && asked[:action] == "create"

  ASKED << [params["client_id"], params["grant_type"]]
  # The first refresh is done, but its answer takes a while: all who begin at once have begun by then.
  sleep 1 if params["grant_type"] == "refresh_token" && ASKED.size == 2
end

class Api < ActionController::API
  rescue_from(ActiveRecord::RecordInvalid) { |error| render json: { error: error.message }, status: 422 }

  private

  def home
    "#{request.base_url}/"
  end

  def doorkeeper_unauthorized_render_options(error: nil)
    { json: { error: error.try(:description) || "Not authorized" } }
  end

  def doorkeeper_forbidden_render_options(*)
    { json: { error: "This action is outside the authorized scopes" } }
  end
end

class AppsController < Api
  before_action(only: :verify_credentials) { doorkeeper_authorize!(*Doorkeeper.config.scopes.map(&:to_sym)) }

  def create
    app = Doorkeeper::Application.create!(
      name: params[:client_name],
      redirect_uri: params[:redirect_uris],
      scopes: params[:scopes].is_a?(String) ? params[:scopes] : "read"
    )
    render json: shown(app).merge(client_id: app.uid, client_secret: app.secret)
  end

  def verify_credentials
    render json: shown(doorkeeper_token.application)
  end

  private

  def shown(app)
    short = { id: app.id.to_s, name: app.name, website: nil, vapid_key: "none" }
    return short.merge(redirect_uri: app.redirect_uri) unless MODERN

    short.merge(scopes: app.scopes.to_a, redirect_uri: app.redirect_uri, redirect_uris: app.redirect_uri.split)
  end
end

class AccountsController < Api
  before_action { doorkeeper_authorize!(:read, :"read:accounts", *(MODERN ? [:profile] : [])) }

  def verify_credentials
    person = PEOPLE.find { |known| known.id == doorkeeper_token.resource_owner_id }
    return render(json: { error: "This method requires an authenticated user" }, status: 422) unless person

    name = person.name
    render json: { id: person.id.to_s, username: name, acct: name, display_name: name.capitalize, url: "#{home}@#{name}",
                   locked: false, bot: false, created_at: "2024-05-01T00:00:00.000Z" }
  end
end

class MeController < Api
  before_action { doorkeeper_authorize!(:read) }

  def show
    person = PEOPLE.find { |known| known.id == doorkeeper_token.resource_owner_id }
    render json: { sub: person.id.to_s, preferred_username: person.name }
  end
end

class InstancesController < Api
  def v1
    render json: { uri: request.host_with_port, title: "Of the test", version: VERSION }
  end

  def v2
    numbers = MODERN ? { api_versions: { mastodon: 2 } } : {}
    render json: { domain: request.host_with_port, title: "Of the test", version: VERSION }.merge(numbers)
  end

  def nodeinfo_links
    render json: { links: [{ rel: "http://nodeinfo.diaspora.software/ns/schema/2.0", href: "#{home}nodeinfo/2.0" }] }
  end

  def nodeinfo
    render json: { version: "2.0", software: { name: "mastodon", version: VERSION }, protocols: ["activitypub"],
                   services: { outbound: [], inbound: [] }, usage: { users: {} }, openRegistrations: false, metadata: {} }
  end

  def metadata
    render json: {
      issuer: home, authorization_endpoint: "#{home}oauth/authorize", token_endpoint: "#{home}oauth/token",
      revocation_endpoint: "#{home}oauth/revoke", scopes_supported: Doorkeeper.config.scopes.to_a,
      response_types_supported: ["code"], response_modes_supported: %w[query fragment form_post],
      grant_types_supported: %w[authorization_code client_credentials],
      token_endpoint_auth_methods_supported: %w[client_secret_basic client_secret_post],
      code_challenge_methods_supported: ["S256"], app_registration_endpoint: "#{home}api/v1/apps"
    }
  end
end

class SessionsController < ActionController::Base
  FORM = <<~HTML
    <!doctype html><title>Sign in</title><h1>Sign in</h1>
    <%= form_tag "/auth/sign_in" do %>
      <input name="username"><input name="password" type="password"><button type="submit">Sign in</button>
    <% end %>
  HTML

  def new
    render inline: FORM
  end

  def create
    person = PEOPLE.find { |known| known.name == params[:username] }
    return render(inline: FORM, status: 401) unless person && params[:password] == "password"

    back = session[:return_to]
    reset_session
    session[:person] = person.id
    redirect_to(back || "/")
  end
end

class TestController < Api
  def show
    asked = Array.new(ASKED.size) { ASKED.pop }.each { |one| ASKED << one }
    asked = asked.group_by(&:first).transform_values { |ones| ones.map(&:last).tally }
    render json: { asked: asked, apps: Doorkeeper::Application.count, tokens: Doorkeeper::AccessToken.where(revoked_at: nil).count,
                   tokens_of_people: Doorkeeper::AccessToken.where(revoked_at: nil).where.not(resource_owner_id: nil).count }
  end

  # The server is set up anew: what it registered and what it issued is gone.
  def forget_apps
    [Doorkeeper::AccessToken, Doorkeeper::AccessGrant, Doorkeeper::Application].each(&:delete_all)
    head :no_content
  end

  # What Settings, Development gives: an application of one's own, with a token ready to copy.
  def own_token
    app = Doorkeeper::Application.create!(name: "mine", redirect_uri: "urn:ietf:wg:oauth:2.0:oob", scopes: "read write")
    owner = PEOPLE.find { |person| person.name == params[:username] }
    token = Doorkeeper::AccessToken.create!(application: app, resource_owner_id: owner.id, scopes: app.scopes.to_s)
    render json: { access_token: token.token }
  end
end

ActiveRecord::Schema.verbose = false
ActiveRecord::Schema.define do
  create_table :oauth_applications do |t|
    t.string :name, :uid, :secret, null: false
    t.text :redirect_uri, null: false
    t.string :scopes, null: false, default: ""
    t.boolean :confidential, null: false, default: true
    t.timestamps
    t.index :uid, unique: true
  end
  create_table :oauth_access_grants do |t|
    t.bigint :resource_owner_id, :application_id, null: false
    t.string :token, null: false
    t.integer :expires_in, null: false
    t.text :redirect_uri, null: false
    t.datetime :created_at, null: false
    t.datetime :revoked_at
    t.string :scopes, null: false, default: ""
    t.string :code_challenge, :code_challenge_method if MODERN
    t.index :token, unique: true
  end
  create_table :oauth_access_tokens do |t|
    t.bigint :resource_owner_id, :application_id
    t.string :token, null: false
    t.string :refresh_token, :scopes
    t.string :previous_refresh_token, null: false, default: "" unless MASTODON
    t.integer :expires_in
    t.datetime :created_at, null: false
    t.datetime :revoked_at
    t.index :token, unique: true
  end
end

Mastodonlike.routes.draw do
  use_doorkeeper { skip_controllers :applications, :authorized_applications, :token_info }
  get "auth/sign_in", to: "sessions#new"
  post "auth/sign_in", to: "sessions#create"
  post "api/v1/apps", to: "apps#create"
  get "api/v1/apps/verify_credentials", to: "apps#verify_credentials"
  get "api/v1/accounts/verify_credentials", to: "accounts#verify_credentials"
  get "api/v1/instance", to: "instances#v1"
  get "api/v2/instance", to: "instances#v2"
  get ".well-known/nodeinfo", to: "instances#nodeinfo_links"
  get "nodeinfo/2.0", to: "instances#nodeinfo"
  get ".well-known/oauth-authorization-server", to: "instances#metadata" if MODERN
  get "api/me", to: "me#show"
  get "e2e", to: "test#show"
  delete "e2e/apps", to: "test#forget_apps"
  post "e2e/tokens", to: "test#own_token"
end

unless MASTODON
  name = "doorkeeper-rotate"
  Doorkeeper::Application.create!(
    name: name, uid: name, secret: "known to the test", scopes: "read", redirect_uri: "#{ENV.fetch('E2E_CALLBACK')}/callback/#{name}"
  )
end

started = lambda do |server|
  port = server.listeners.first.addr[1]
  server.config[:Port] = port
  $stdout.puts "ready http://127.0.0.1:#{port}"
  $stdout.flush
end
Thread.new { $stdin.read && exit!(0) }
log = WEBrick::Log.new($stderr)
Rack::Handler::WEBrick.run(Mastodonlike, Host: "127.0.0.1", Port: 0, Logger: log, AccessLog: []) do |server|
  server.config[:StartCallback] = -> { started.call(server) }
end

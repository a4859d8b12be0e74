require 'json'
require 'jwt'
require 'sinatra'

RULES = {
  algorithm: 'HS256',
  iss: 'https://issuer.example/', verify_iss: true,
  aud: 'https://api.example/', verify_aud: true,
  required_claims: ['exp']
}.freeze

# The secrets that sign the tokens also verify them. They come from the environment,
# never from the source: KEY_ID:SECRET, and while another takes over both with a comma.
SIGNING_SECRETS = ENV.fetch('SIGNING_SECRETS').split(',').to_h { |pair| pair.split(':') }

def check(token)
  claims, header = JWT.decode(token, nil, true, RULES) { |unverified| SIGNING_SECRETS[unverified['kid']] }
  # jwt leaves extensions to us, and we know none (RFC 7515, section 4.1.11).
  raise JWT::DecodeError, 'critical extension' if header.key?('crit')

  claims
rescue NoMethodError, TypeError
  # What jwt ends in if the header is no object or its alg no string.
  raise JWT::DecodeError, 'malformed token'
end

set port: ENV.fetch('PORT', 3010), show_exceptions: false

before { content_type :json }

get '/api/public' do
  { message: 'Anyone may read this.' }.to_json
end

get '/api/private' do
  token = require_token
  { message: 'Your token is valid.', sub: token['sub'] }.to_json
end

get '/api/private-scoped' do
  token = require_token(scope: 'read:example')
  { message: 'Your token is valid and has the scope.', sub: token['sub'] }.to_json
end

helpers do
  # The claims of the request's token. Where it is not good enough, the request ends here.
  def require_token(scope: nil)
    scheme, token = request.env['HTTP_AUTHORIZATION'].to_s.split(' ', 2)
    refuse 401, 'Bearer' unless 'bearer'.casecmp?(scheme.to_s)
    claims = check(token)
    missing = scope && !claims['scope'].to_s.split.include?(scope)
    refuse 403, %(Bearer error="insufficient_scope", scope="#{scope}") if missing
    claims
  rescue JWT::DecodeError
    refuse 401, 'Bearer error="invalid_token"'
  end

  def refuse(status, challenge)
    halt status, { 'WWW-Authenticate' => challenge }, { error: challenge }.to_json
  end
end

package dev.grantline.example;

import static org.springaicommunity.mcp.security.server.config.McpServerOAuth2Configurer.mcpServerOAuth2;

import org.springframework.ai.mcp.annotation.McpTool;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.jwt.JwtValidators;
import org.springframework.security.oauth2.jwt.NimbusJwtDecoder;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.stereotype.Component;

/** An MCP server of Spring AI, protected by Grantline: settings are in application.properties. */
@SpringBootApplication
public class NotesServer {
  public static void main(String[] args) {
    SpringApplication.run(NotesServer.class, args);
  }

  @Bean
  SecurityFilterChain security(HttpSecurity http, @Value("${grantline.issuer}") String issuer,
      @Value("${grantline.resource}") String resource) throws Exception {
    return http
        .authorizeHttpRequests(requests -> requests.anyRequest().hasAuthority("SCOPE_notes:read"))
        .with(mcpServerOAuth2(), mcp -> mcp
            .authorizationServer(issuer)
            .jwtDecoder(accessTokens(issuer, resource))
            .resourcePath("/mcp")
            // Clients ask for what they read here; of a server that says nothing some ask for no scope of it at all.
            .protectedResourceMetadataCustomizer(metadata -> metadata.authorizationServer(issuer).scope("notes:read")))
        .csrf(csrf -> csrf.disable())
        .build();
  }

  /** Grantline's access tokens say so in their header (RFC 9068: typ at+jwt), which Spring's own decoder refuses unless told. */
  private static JwtDecoder accessTokens(String issuer, String resource) {
    NimbusJwtDecoder decoder = NimbusJwtDecoder.withIssuerLocation(issuer).validateType(false).build();
    decoder.setJwtValidator(JwtValidators.createAtJwtValidator().issuer(issuer).audience(resource).build());
    return decoder;
  }

  @Component
  static class Notes {
    @McpTool(name = "read_note", description = "Reads your note")
    String readNote() {
      return "a note";
    }
  }
}
